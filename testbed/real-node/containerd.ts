/** containerd as the real node's container runtime. Pure. */
import type { NodeFiles } from "./files";

export const PAUSE_IMAGE = "registry.k8s.io/pause:3.10.1";
export const CONTAINERD_SOCKET = "/run/containerd/containerd.sock";

/** Its own directories are the usual ones, which are not the machine's: see namespaces.ts. */
export function containerdConfiguration({ cni, registryHosts }: NodeFiles, cniPlugins: string): string {
  return `version = 2
[grpc]
  address = "${CONTAINERD_SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  # Where this machine is itself a container, it may not be allowed to lower the score.
  restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "${cniPlugins}"
  conf_dir = "${cni}"
[plugins."io.containerd.grpc.v1.cri".containerd]
  default_runtime_name = "runc"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "${registryHosts.replace(/\/_default$/, "")}"
`;
}

/** Every registry is asked second, after the one of the test bed. */
export function registryHosts(address: string): string {
  return `[host."${address}"]\n  capabilities = ["pull", "resolve"]\n`;
}
