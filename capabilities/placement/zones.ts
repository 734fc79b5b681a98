/**
 * Over a zone or rack, pods that need nodes of different kinds each have a node of their own: only where there is a node
 * of each kind can the run go. The scheduler looks for the placeholder's kind alone.
 */
import type { V1Affinity, V1NodeSelectorTerm } from "@kubernetes/client-node";
import type { PodTemplate } from "../tekton/objects";
import { isSelected, isTolerated, type NodeSummary } from "./never-fits";

/** What pods demand of their node. */
export type Kind = Pick<PodTemplate, "nodeSelector" | "affinity" | "tolerations">;

/** Values of the label of which each kind finds a node, whatever room that has. */
export function valuesWithAll(
  kinds: readonly Kind[],
  nodes: readonly NodeSummary[],
  topologyKey: string,
): string[] {
  const found = kinds.map(kind => {
    const pod = { ...kind, containers: [] };
    const usable = nodes.filter(node => isSelected(node, pod) && isTolerated(node, pod));
    return new Set(usable.flatMap(({ labels }) => labels[topologyKey] ?? []));
  });
  const [first = new Set<string>(), ...others] = found;
  return [...first].filter(value => others.every(values => values.has(value))).sort();
}

/** The affinity, with the node in one of these. */
export function within(affinity: V1Affinity | undefined, topologyKey: string, values: string[]): V1Affinity {
  const nodeAffinity = affinity?.nodeAffinity;
  const terms = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [{}];
  const expression = { key: topologyKey, operator: "In", values };
  const nodeSelectorTerms = terms.map(
    (term): V1NodeSelectorTerm => ({
      ...term,
      matchExpressions: [...(term.matchExpressions ?? []), expression],
    }),
  );
  const requiredDuringSchedulingIgnoredDuringExecution = { nodeSelectorTerms };
  return { ...affinity, nodeAffinity: { ...nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution } };
}
