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
import { pinned, withoutPin } from "./pin";
import { firstAffinity, hasBeenLetGo, joinsItsRun, settledAffinity } from "./placeholder-affinity";
import { requiredPodTerms } from "./required-term";
import { areSame } from "./same";
import { hasLimits, reservationOf, resourcesFor } from "../room/placeholder-size";
import { recordOf, type PlaceholderRecord } from "./record";
import type { PipelineRun } from "../tekton/objects";

/** What becomes of a StatefulSet's pod template. */
export interface TemplateChange {
  affinity: V1Affinity;
  resources: V1ResourceRequirements;
  record: PlaceholderRecord;
  /** Default: those that it has. */
  volumes?: V1Volume[];
}

/** Without what is over once the pod has been made from the template. */
function kept(seen: V1StatefulSet): PlaceholderRecord {
  const { placing, moves, growthRefusedAt, raisedTo } = recordOf(seen);
  const record: PlaceholderRecord = { placing, moves };
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
  if (nodeAffinity) affinity.nodeAffinity = withoutPin(nodeAffinity, recordOf(seen).pinnedTo)!;
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
  { pod, ask = reservationOf(seen).ask }: { pod: V1Pod; ask?: Resources },
): TemplateChange {
  const record = kept(seen);
  const next: PlaceholderRecord = { ...record, moves: record.moves + 1, replaces: pod.metadata!.uid! };
  if (hasBeenLetGo(run)) {
    next.movingFrom = pod.spec?.nodeName || recordOf(seen).movingFrom || "";
    if (exceeds(ask, reservationOf(seen).floor).length === 0) next.isSettled = true;
  }
  return {
    affinity: firstAffinity(run, decidedIn(seen), record.placing),
    resources: resourcesFor(ask, hasLimits(seen)),
    record: next,
  };
}
