/** Fake nodes, whose kubelet is KWOK. */
import type { V1Node, V1Taint } from "@kubernetes/client-node";
import type { KubeClients } from "../capabilities/kube/client";
import { ifFound } from "./if-found";
import { until } from "./until";

export interface NodeOptions {
  name: string;
  /** Quantity. Default: 8. */
  cpu?: string;
  /** Quantity. Default: 32Gi. */
  memory?: string;
  /** Most pods on it. Default: 110, as the kubelet's. */
  pods?: number;
  /** Label topology.kubernetes.io/zone. Default: zone-a. */
  zone?: string;
  labels?: Record<string, string>;
  taints?: V1Taint[];
  /** Further resources, e.g. `{"nvidia.com/gpu": "2"}`. */
  extraResources?: Record<string, string>;
}

/** KWOK plays the kubelet of nodes with this label. Taken off, the node's heartbeat stops. */
export const FAKE_NODE_LABEL = { key: "type", value: "kwok" };

const READY_MILLISECONDS = 120_000;
const REMOVED_MILLISECONDS = 120_000;

/** The Node object that {@link addNode} makes. */
export function nodeObject(options: NodeOptions): V1Node {
  const { name, cpu = "8", memory = "32Gi", pods = 110, zone = "zone-a", extraResources } = options;
  const resources = { cpu, memory, pods: String(pods), ...extraResources };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        [FAKE_NODE_LABEL.key]: FAKE_NODE_LABEL.value,
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "topology.kubernetes.io/zone": zone,
        ...options.labels,
      },
    },
    spec: options.taints ? { taints: options.taints } : {},
    status: { allocatable: resources, capacity: resources },
  };
}

/**
 * Adds a node and waits until pods can be placed on it: Ready, and without the taint for nodes that are not.
 *
 * @throws Error when it is not within 2 minutes
 */
export async function addNode(clients: KubeClients, options: NodeOptions): Promise<V1Node> {
  await clients.core.createNode({ body: nodeObject(options) });
  return until(`node ${options.name} to be Ready`, READY_MILLISECONDS, async () => {
    const node = await clients.core.readNode({ name: options.name });
    return isUsable(node) && node;
  });
}

/** Deletes a node, if it is there, and waits until it has gone. Its pods are deleted by the pod garbage collector. */
export async function removeNode(clients: KubeClients, name: string): Promise<void> {
  await ifFound(clients.core.deleteNode({ name }));
  await until(`node ${name} to be gone`, REMOVED_MILLISECONDS, async () => {
    return (await ifFound(clients.core.readNode({ name }))) === undefined;
  });
}

function isUsable({ spec, status }: V1Node): boolean {
  const ready = status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True");
  const held = spec?.taints?.some(({ key }) => key === "node.kubernetes.io/not-ready");
  return ready === true && !held;
}
