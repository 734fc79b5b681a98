/** Node affinity that leaves a placeholder one node, or keeps it off one where it can, and how it is taken off again. */
import type {
  V1Affinity,
  V1NodeSelectorRequirement,
  V1NodeSelectorTerm,
  V1PreferredSchedulingTerm,
} from "@kubernetes/client-node";
import { areSame } from "./same";

type NodeAffinity = V1Affinity["nodeAffinity"];

const pinTo = (node: string): V1NodeSelectorRequirement => ({
  key: "metadata.name",
  operator: "In",
  values: [node],
});

function withTerms(affinity: NodeAffinity, nodeSelectorTerms: V1NodeSelectorTerm[]): NodeAffinity {
  return { ...affinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
}

const termsOf = (affinity: NodeAffinity): V1NodeSelectorTerm[] | undefined =>
  affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;

/** Terms are alternatives: each of them has to hold the node. */
export function pinned(affinity: NodeAffinity, node: string): NodeAffinity {
  const terms = termsOf(affinity) ?? [{}];
  return withTerms(
    affinity,
    terms.map(term => ({ ...term, matchFields: [...(term.matchFields ?? []), pinTo(node)] })),
  );
}

/** @param node undefined for one that is not pinned */
export function withoutPin(affinity: NodeAffinity, node: string | undefined): NodeAffinity {
  const terms = termsOf(affinity);
  if (node === undefined || terms === undefined) return affinity;
  const left = terms.map(({ matchFields = [], ...term }): V1NodeSelectorTerm => {
    const isPinned = areSame(matchFields.at(-1), pinTo(node));
    const fields = isPinned ? matchFields.slice(0, -1) : matchFields;
    return fields.length > 0 ? { ...term, matchFields: fields } : term;
  });
  if (left.every(term => Object.keys(term).length > 0)) return withTerms(affinity, left);
  // There were no terms: one without anything in it would match no node.
  const { requiredDuringSchedulingIgnoredDuringExecution: _, ...others } = affinity!;
  return others;
}

const avoid = (node: string): V1PreferredSchedulingTerm => ({
  weight: 100,
  preference: { matchFields: [{ key: "metadata.name", operator: "NotIn", values: [node] }] },
});

/** Another node, if there is one that will do: what it leaves may look as good to the scheduler as before. */
export function avoiding(affinity: NodeAffinity, node: string): NodeAffinity {
  const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return { ...affinity, preferredDuringSchedulingIgnoredDuringExecution: [...preferred, avoid(node)] };
}

/** @param node undefined for one that avoids none */
export function withoutAvoided(affinity: NodeAffinity, node: string | undefined): NodeAffinity {
  const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution;
  if (node === undefined || preferred === undefined) return affinity;
  const left = preferred.filter(term => !areSame(term, avoid(node)));
  const { preferredDuringSchedulingIgnoredDuringExecution: _, ...others } = affinity!;
  return left.length > 0 ? { ...others, preferredDuringSchedulingIgnoredDuringExecution: left } : others;
}
