/** A node whose pods are processes of this machine, and its heartbeat. */
import type { V1Node, V1Taint } from "@kubernetes/client-node";
import { CoordinationV1Api, V1MicroTime } from "@kubernetes/client-node";
import type { Cluster } from "../cluster";
import { ifFound } from "../if-found";
import { readKubeConfig } from "../kubeconfig";
import { until } from "../until";

export const LOCAL_NODE = "local";
const LABEL = { "testbed/local": "true" };
const TAINT: V1Taint = { key: "testbed/local", value: "true", effect: "NoSchedule" };
const LEASES = "kube-node-lease";
const LEASE_SECONDS = 40;
const HEARTBEAT_MILLISECONDS = 10_000;
const USABLE_MILLISECONDS = 120_000;

/** Chart values that bring a pod here, and keep every other pod away. */
export const ON_LOCAL_NODE = {
  nodeSelector: LABEL,
  tolerations: [{ key: TAINT.key, operator: "Exists" }],
};

function nodeObject(now: Date): V1Node {
  const resources = { cpu: "16", memory: "64Gi", pods: "110" };
  const labels = { ...LABEL, "kubernetes.io/hostname": LOCAL_NODE, "kubernetes.io/os": "linux" };
  const condition = { reason: "Testbed", message: "", lastHeartbeatTime: now, lastTransitionTime: now };
  return {
    metadata: { name: LOCAL_NODE, labels },
    spec: { taints: [TAINT] },
    status: {
      allocatable: resources,
      capacity: resources,
      conditions: [{ type: "Ready", status: "True", ...condition }],
    },
  };
}

function leaseApi(cluster: Cluster): CoordinationV1Api {
  return readKubeConfig(cluster.kubeconfigFile).makeApiClient(CoordinationV1Api);
}

/**
 * Makes the node and keeps it Ready until `stop`, which leaves it there.
 *
 * @throws Error when pods cannot be placed on it within 2 minutes
 */
export async function startLocalNode(cluster: Cluster): Promise<{ stop(): void }> {
  const { core } = cluster.clients;
  const leases = leaseApi(cluster);
  const name = LOCAL_NODE;
  await ifFound(core.deleteNode({ name }));
  await core.createNode({ body: nodeObject(new Date()) });
  const beat = async () => {
    const spec = { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime: new V1MicroTime() };
    await ifFound(leases.deleteNamespacedLease({ namespace: LEASES, name }));
    await leases.createNamespacedLease({ namespace: LEASES, body: { metadata: { name }, spec } });
  };
  await beat();
  // One that is missed does no harm: the lease is good for four.
  const timer = setInterval(() => void beat().catch(() => undefined), HEARTBEAT_MILLISECONDS);
  try {
    await until(`node ${name} to take pods`, USABLE_MILLISECONDS, async () => {
      const { spec } = await core.readNode({ name });
      return !spec?.taints?.some(({ key }) => key.startsWith("node.kubernetes.io/"));
    });
  } catch (error) {
    clearInterval(timer);
    throw error;
  }
  return { stop: () => clearInterval(timer) };
}

export async function removeLocalNode(cluster: Cluster): Promise<void> {
  await ifFound(cluster.clients.core.deleteNode({ name: LOCAL_NODE }));
}
