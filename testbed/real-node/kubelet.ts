/** The configuration of the real node's kubelet. Pure. */
import type { V1Taint } from "@kubernetes/client-node";
import { CONTAINERD_SOCKET } from "./containerd";

/** What a test may change of a kubelet, by starting it anew. */
export interface KubeletChoices {
  /** Most pods at a time. Default: 110, as a kubelet's. */
  maxPods?: number;
  /** Added to the thresholds below which pods are evicted, by signal. */
  evictionHard?: Record<string, string>;
}

export interface KubeletOptions extends KubeletChoices {
  address: string;
  port: number;
  healthPort: number;
  /** Path of a PEM file. */
  authority: string;
  cgroup: string;
  taints: V1Taint[];
}

/** The machine is used by others, too: only what would stop it counts. */
const EVICTION_HARD = { "memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%" };
const MOST_PODS = 110;

export function kubeletConfiguration(options: KubeletOptions): object {
  const { address, port, healthPort, authority, cgroup, taints, maxPods = MOST_PODS, evictionHard } = options;
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
    evictionHard: { ...EVICTION_HARD, ...evictionHard },
    makeIPTablesUtilChains: false,
    // There is no DNS. Without an address here each pod would get an Event about it.
    clusterDNS: [address],
    clusterDomain: "cluster.local",
    volumePluginDir: "/var/lib/kubelet/volume-plugins",
    serializeImagePulls: false,
    registerWithTaints: taints,
    maxPods,
  };
}
