/** What becomes of a placeholder's pod, should it be made again: its StatefulSet's template, and the record of it. */
import type {
  V1Affinity,
  V1Pod,
  V1PodAffinity,
  V1PodAffinityTerm,
  V1ResourceRequirements,
  V1StatefulSet,
  V1Volume,
  V1WeightedPodAffinityTerm,
} from "@kubernetes/client-node";
import { exceeds, type Resources } from "../demand/resources";
import { avoiding, pinned, withoutAvoided, withoutPin } from "./pin";
import { firstAffinity, hasBeenLetGo, joinsItsRun, settledAffinity } from "./placeholder-affinity";
import { requiredPodTerms } from "./required-term";
import { areSame } from "./same";
import { hasLimits, ownContainer, reservationOf, resourcesFor } from "../room/placeholder-size";
import { recordOf, type PlaceholderRecord } from "./record";
import type { PipelineRun } from "../tekton/objects";
import { withPlaces, type Places } from "./volume-places";

/** What becomes of a StatefulSet's pod template. */
export interface TemplateChange {
  affinity: V1Affinity;
  resources: V1ResourceRequirements;
  record: PlaceholderRecord;
  /** Default: those that it has. */
  volumes?: V1Volume[];
}

/** Of why it moves. */
const MOST_REASON_CHARACTERS = 256;

/** Without what is over once the pod has been made from the template. */
function kept(seen: V1StatefulSet): PlaceholderRecord {
  const { placing, moves, growthRefusedAt, raisedTo, claims } = recordOf(seen);
  const record: PlaceholderRecord = { placing, moves };
  if (claims !== undefined) record.claims = claims;
  const nearness = nearnessIn(seen);
  if (nearness.length > 0) record.nearness = nearness;
  if (raisedTo !== undefined) record.raisedTo = raisedTo;
  if (growthRefusedAt !== undefined) record.growthRefusedAt = growthRefusedAt;
  return record;
}

const affinityIn = ({ spec }: V1StatefulSet): V1Affinity => spec?.template.spec?.affinity ?? {};
const joins = (seen: V1StatefulSet): boolean => joinsItsRun(affinityIn(seen), seen.metadata!.name!);

/** The pod affinity that the run requires of its own. */
const nearnessIn = (seen: V1StatefulSet): V1PodAffinityTerm[] =>
  joins(seen) ? (recordOf(seen).nearness ?? []) : requiredPodTerms(affinityIn(seen));

/** What was decided when the placeholder was made, read back from its template and record. */
function decidedIn(seen: V1StatefulSet): V1Affinity {
  const { podAffinity, nodeAffinity, podAntiAffinity } = affinityIn(seen);
  const required = nearnessIn(seen);
  const isSoftened = ({ weight, podAffinityTerm }: V1WeightedPodAffinityTerm): boolean =>
    joins(seen) && weight === 100 && required.some(term => areSame(term, podAffinityTerm));
  const preferred = podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const left = preferred.filter(item => !isSoftened(item));
  const decided: V1PodAffinity = {};
  if (required.length > 0) decided.requiredDuringSchedulingIgnoredDuringExecution = required;
  if (left.length > 0) decided.preferredDuringSchedulingIgnoredDuringExecution = left;
  const affinity: V1Affinity = { podAffinity: decided };
  if (podAntiAffinity) affinity.podAntiAffinity = podAntiAffinity;
  const { pinnedTo, avoids } = recordOf(seen);
  if (nodeAffinity) affinity.nodeAffinity = withoutPin(withoutAvoided(nodeAffinity, avoids), pinnedTo)!;
  return affinity;
}

/**
 * Of a placeholder that has its node: should its pod be made again, it joins the pods of its run, and
 * does not ask for room that they may have taken meanwhile.
 */
export function settledTemplate(seen: V1StatefulSet): TemplateChange {
  const record = kept(seen);
  return {
    affinity: settledAffinity(seen.metadata!.name!, decidedIn(seen), record.placing),
    resources: resourcesFor(reservationOf(seen).floor, hasLimits(seen)),
    record: { ...record, isSettled: true },
  };
}

/** The same node again, for a pod that asks for `size` and for nothing that cannot be resized. */
export function pinnedTemplate(
  run: PipelineRun,
  seen: V1StatefulSet,
  { pod, node, size }: { pod: V1Pod; node: string; size: Resources },
): TemplateChange {
  const record = kept(seen);
  const affinity = firstAffinity(run, decidedIn(seen), record.placing);
  return {
    affinity: { ...affinity, nodeAffinity: pinned(affinity.nodeAffinity, node)! },
    resources: resourcesFor({ ...reservationOf(seen).floor, ...size }, hasLimits(seen)),
    record: { ...record, pinnedTo: node, replaces: pod.metadata!.uid! },
  };
}

/** As it was made: free to find another node, and asking for everything again, or for `ask`; for the floor it is settled. */
export function firstTemplate(
  run: PipelineRun,
  seen: V1StatefulSet,
  { pod, ask = reservationOf(seen).ask, why }: { pod: V1Pod; ask?: Resources; why?: string },
): TemplateChange {
  const record = kept(seen);
  const next: PlaceholderRecord = { ...record, moves: record.moves + 1, replaces: pod.metadata!.uid! };
  if (hasBeenLetGo(run)) {
    next.movingFrom = pod.spec?.nodeName || recordOf(seen).movingFrom || "";
    if (why !== undefined) next.movingBecause = why.slice(0, MOST_REASON_CHARACTERS);
    if (exceeds(ask, reservationOf(seen).floor).length === 0) next.isSettled = true;
  }
  const affinity = firstAffinity(run, decidedIn(seen), record.placing);
  const left = pod.spec?.nodeName || recordOf(seen).avoids;
  if (left !== undefined) {
    next.avoids = left;
    affinity.nodeAffinity = avoiding(affinity.nodeAffinity, left)!;
  }
  return { affinity, resources: resourcesFor(ask, hasLimits(seen)), record: next };
}

/** With what is known of its run's claims now; the rest as it is. */
export function placesTemplate(seen: V1StatefulSet, places: Places): TemplateChange {
  return withPlacesOf(
    {
      affinity: affinityIn(seen),
      resources: ownContainer(seen.spec?.template.spec)!.resources!,
      record: recordOf(seen),
    },
    places,
  );
}

export function withPlacesOf(change: TemplateChange, { volumes, terms, claims }: Places): TemplateChange {
  const known = [...new Set([...(change.record.claims ?? []), ...claims])];
  return {
    ...change,
    affinity: withPlaces(change.affinity, terms),
    record: known.length > 0 ? { ...change.record, claims: known } : change.record,
    volumes,
  };
}
