/** What becomes of a placeholder's pod, should it be made again: its StatefulSet's template, and the record of it. */
import type {
  V1Affinity,
  V1Pod,
  V1ResourceRequirements,
  V1StatefulSet,
  V1Volume,
} from "@kubernetes/client-node";
import { exceeds, type Resources } from "../demand/resources";
import { hasBeenLetGo, firstAffinity, settledAffinity } from "./placeholder-affinity";
import { hasLimits, reservationOf, resourcesFor } from "../room/placeholder-size";
import { recordOf, type PlaceholderRecord } from "./record";
import type { PipelineRun, PodTemplate } from "../tekton/objects";

/** What becomes of a StatefulSet's pod template. */
export interface TemplateChange {
  affinity: V1Affinity;
  resources: V1ResourceRequirements;
  record: PlaceholderRecord;
  /** Default: those that it has. */
  volumes?: V1Volume[];
}

/** Without what is over once the pod has been made from the template. */
function kept({ placing, moves, growthRefusedAt, raisedTo }: PlaceholderRecord): PlaceholderRecord {
  const record: PlaceholderRecord = { placing, moves };
  if (raisedTo !== undefined) record.raisedTo = raisedTo;
  if (growthRefusedAt !== undefined) record.growthRefusedAt = growthRefusedAt;
  return record;
}

/**
 * Of a placeholder that has its node: should its pod be made again, it joins the pods of its run, and
 * does not ask for room that they may have taken meanwhile.
 */
export function settledTemplate(
  run: PipelineRun,
  template: PodTemplate,
  seen: V1StatefulSet,
): TemplateChange {
  const record = recordOf(seen);
  return {
    affinity: settledAffinity(run, template, record.placing),
    resources: resourcesFor(reservationOf(seen).floor, hasLimits(seen)),
    record: { ...kept(record), isSettled: true },
  };
}

/** The same node again, for a pod that asks for `size` and for nothing that cannot be resized. */
export function pinnedTemplate(
  run: PipelineRun,
  template: PodTemplate,
  seen: V1StatefulSet,
  { pod, node, size }: { pod: V1Pod; node: string; size: Resources },
): TemplateChange {
  const record = recordOf(seen);
  const pin = { key: "metadata.name", operator: "In", values: [node] };
  const affinity = firstAffinity(run, template, record.placing);
  const terms = affinity.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return {
    affinity: {
      ...affinity,
      nodeAffinity: {
        ...affinity.nodeAffinity,
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: (terms ?? [{}]).map(term => ({
            ...term,
            matchFields: [...(term.matchFields ?? []), pin],
          })),
        },
      },
    },
    resources: resourcesFor({ ...reservationOf(seen).floor, ...size }, hasLimits(seen)),
    record: { ...kept(record), pinnedTo: node, replaces: pod.metadata!.uid! },
  };
}

/** As it was made: free to find another node, and asking for everything again, or for `ask`; for the floor it is settled. */
export function firstTemplate(
  run: PipelineRun,
  template: PodTemplate,
  seen: V1StatefulSet,
  { pod, ask = reservationOf(seen).ask }: { pod: V1Pod; ask?: Resources },
): TemplateChange {
  const record = recordOf(seen);
  const next: PlaceholderRecord = {
    ...kept(record),
    moves: record.moves + 1,
    replaces: pod.metadata!.uid!,
  };
  if (hasBeenLetGo(run)) {
    next.movingFrom = pod.spec?.nodeName || record.movingFrom || "";
    if (exceeds(ask, reservationOf(seen).floor).length === 0) next.isSettled = true;
  }
  return {
    affinity: firstAffinity(run, template, record.placing),
    resources: resourcesFor(ask, hasLimits(seen)),
    record: next,
  };
}
