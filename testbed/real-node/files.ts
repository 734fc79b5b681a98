/** Where things of a real node are and what they are called. Pure. */
import { createHash } from "node:crypto";
import { join } from "node:path";

/** Everything of one real node that other nodes must not share. */
export interface NodePlace {
  /** Below the cluster's directory. */
  root: string;
  /** Of the cgroup that holds all of the node's. */
  cgroup: string;
  /** Of the bridge that its pods are connected to: at most 15 characters. */
  bridge: string;
}

export function placeOf(clusterDirectory: string): NodePlace {
  const id = createHash("sha256").update(clusterDirectory).digest("hex").slice(0, 10);
  return { root: join(clusterDirectory, "node"), cgroup: `testbed-${id}`, bridge: `tb-${id}` };
}

export function filesOf(root: string) {
  return {
    /** Seen by the node's processes in place of the machine's own directories of these names. */
    shadows: {
      "/run": join(root, "run"),
      "/var/lib": join(root, "var-lib"),
      "/var/log": join(root, "var-log"),
    },
    sysctl: join(root, "sysctl"),
    cni: join(root, "cni"),
    registryHosts: join(root, "registry", "_default"),
    containerdConfig: join(root, "containerd.toml"),
    kubeletConfig: join(root, "kubelet.json"),
  };
}

export type NodeFiles = ReturnType<typeof filesOf>;
