/** What keeps pods off a node that a run is on, by the taints that Kubernetes sets. */
import type { NodeSummary } from "../../capabilities/placement/never-fits";

export type NodeState = "Ready" | "cordoned" | "not ready" | "gone";

const CORDONED = "node.kubernetes.io/unschedulable";
const AWAY = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/** @param nodes every node of the cluster */
export function nodeStateOf(name: string, nodes: readonly NodeSummary[]): NodeState {
  const node = nodes.find(one => one.name === name);
  if (node === undefined) return "gone";
  const keys = node.taints.map(({ key }) => key);
  if (AWAY.some(key => keys.includes(key))) return "not ready";
  return keys.includes(CORDONED) ? "cordoned" : "Ready";
}
