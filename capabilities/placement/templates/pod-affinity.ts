/** The pod affinity that a placeholder takes over from all pods of its run. */
import type { V1Affinity, V1PodAffinityTerm, V1WeightedPodAffinityTerm } from "@kubernetes/client-node";
import type { PodTemplate } from "../../tekton/objects";
import { requiredPodTerms } from "../required-term";
import { whoseIs, type PodKind } from "./effective";
import { isAboutOwnRun, meansOwnPods, type OwnPods } from "./own-node";

const distinct = <T>(items: readonly T[]): T[] => [
  ...new Map(items.map(item => [JSON.stringify(item), item])).values(),
];

const preferredTerms = (affinity: V1Affinity | undefined, kind: "podAffinity" | "podAntiAffinity") =>
  affinity?.[kind]?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
const repellingTerms = (affinity: V1Affinity | undefined) =>
  affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];

function asAffinity(required: V1PodAffinityTerm[], preferred: V1WeightedPodAffinityTerm[]) {
  return {
    ...(required.length > 0 && { requiredDuringSchedulingIgnoredDuringExecution: required }),
    ...(preferred.length > 0 && { preferredDuringSchedulingIgnoredDuringExecution: preferred }),
  };
}

export interface UnitedPodAffinity {
  affinity: Pick<V1Affinity, "podAffinity" | "podAntiAffinity">;
  contradictions: string[];
}

/** One pod has to match all required terms together, see required-term.ts; so there can be one demand only. */
function unitedNearness(kinds: readonly PodKind[], own: OwnPods): [V1PodAffinityTerm[], string[]] {
  const demands = kinds
    .map(kind => ({
      whose: whoseIs(kind),
      terms: requiredPodTerms(kind.template.affinity).filter(term => !isAboutOwnRun(term, own)),
    }))
    .filter(({ terms }) => terms.length > 0);
  const different = new Map(demands.map(({ terms, whose }) => [JSON.stringify(terms), whose]));
  const required = distinct(demands.flatMap(({ terms }) => terms));
  if (different.size <= 1) return [required, []];
  const names = [...different.values()].slice(0, 5).join("; ");
  return [required, [`the pod templates require podAffinity to different pods (${names})`]];
}

export function unitePodAffinities(kinds: readonly PodKind[], own: OwnPods): UnitedPodAffinity {
  const affinities = kinds.map(({ template }: { template: PodTemplate }) => template.affinity);
  const [near, contradictions] = unitedNearness(kinds, own);
  const apart = distinct(affinities.flatMap(repellingTerms));
  // A placeholder that repels its run's pods would keep them off its node, as the rule holds both ways.
  const isOwn = new Map(apart.map(term => [term, meansOwnPods(term, own)]));
  const softened = apart
    .filter(term => isOwn.get(term))
    .map(term => ({ weight: 100, podAffinityTerm: term }));
  const preferred = (kind: "podAffinity" | "podAntiAffinity") =>
    distinct(affinities.flatMap(affinity => preferredTerms(affinity, kind)));
  return {
    affinity: {
      podAffinity: asAffinity(near, preferred("podAffinity")),
      podAntiAffinity: asAffinity(
        apart.filter(term => !isOwn.get(term)),
        distinct([...preferred("podAntiAffinity"), ...softened]),
      ),
    },
    contradictions,
  };
}
