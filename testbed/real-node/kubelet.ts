/** The configuration of the real node's kubelet. Pure. */
import type { V1Taint } from "@kubernetes/client-node";
import { CONTAINERD_SOCKET } from "./containerd";

export interface KubeletOptions {
  address: string;
  port: number;
  healthPort: number;
  /** Path of a PEM file. */
  authority: string;
  cgroup: string;
  taints: V1Taint[];
}

export function kubeletConfiguration(options: KubeletOptions): object {
  const { address, port, healthPort, authority, cgroup, taints } = options;
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address,
    port,
    healthzBindAddress: "127.0.0.1",
    healthzPort: healthPort,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: authority },
    },
    authorization: { mode: "Webhook" },
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${cgroup}`,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    // The machine is used by others, too: only what would stop it counts.
    evictionHard: { "memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
    makeIPTablesUtilChains: false,
    // There is no DNS. Without an address here each pod would get an Event about it.
    clusterDNS: [address],
    clusterDomain: "cluster.local",
    volumePluginDir: "/var/lib/kubelet/volume-plugins",
    serializeImagePulls: false,
    registerWithTaints: taints,
  };
}
