/** What becomes of a placeholder's pod, should it be made again. */
import type { V1Affinity, V1ResourceRequirements, V1StatefulSet, V1Volume } from "@kubernetes/client-node";
import { exceeds, type Resources } from "../demand/resources";
import { PINNED_ANNOTATION, PLACEHOLDER_LABEL } from "../keys";
import type { PipelineRun, PodTemplate } from "../tekton/objects";
import { firstAffinity, settledAffinity } from "./placeholder-affinity";
import { hasLimits, requestedBy, reservationOf, resourcesFor } from "./placeholder-size";
import { requiredPodTerms } from "./required-term";

/** What becomes of a StatefulSet's pod template. */
export interface TemplateChange {
  affinity: V1Affinity;
  resources: V1ResourceRequirements;
  pinnedTo?: string;
  /** Default: those that it has. */
  volumes?: V1Volume[];
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
  const { floor } = reservationOf(seen);
  return { affinity: settledAffinity(run, template), resources: resourcesFor(floor, hasLimits(seen)) };
}

/** The same node again, for a pod that asks for `size` and for nothing that cannot be resized. */
export function pinnedTemplate(
  run: PipelineRun,
  template: PodTemplate,
  seen: V1StatefulSet,
  node: string,
  size: Resources,
): TemplateChange {
  const pin = { key: "metadata.name", operator: "In", values: [node] };
  const affinity = firstAffinity(run, template);
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
    pinnedTo: node,
  };
}

/** As it was made: free to find another node, and asking for everything again, or for `ask`. */
export function firstTemplate(
  run: PipelineRun,
  template: PodTemplate,
  seen: V1StatefulSet,
  ask: Resources = reservationOf(seen).ask,
): TemplateChange {
  return { affinity: firstAffinity(run, template), resources: resourcesFor(ask, hasLimits(seen)) };
}

/** Whether the placeholder's pod is being replaced by a smaller one. */
export function isPinned(statefulSet: V1StatefulSet): boolean {
  return statefulSet.metadata?.annotations?.[PINNED_ANNOTATION] !== undefined;
}

/** Whether a placeholder, should its pod be made again, can only join the pods of its run. */
export function isSettled(statefulSet: V1StatefulSet): boolean {
  const name = statefulSet.metadata!.name!;
  const joins = requiredPodTerms(statefulSet.spec?.template.spec?.affinity).some(
    term => term.labelSelector?.matchLabels?.[PLACEHOLDER_LABEL] === name,
  );
  const { floor } = reservationOf(statefulSet);
  const asked = requestedBy(statefulSet.spec!.template.spec!);
  return joins && !isPinned(statefulSet) && exceeds(asked, floor).length === 0;
}
