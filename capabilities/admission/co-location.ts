/** The one term that ties a pod to its run's placeholder. */
import type { V1Affinity, V1Pod, V1PodAffinityTerm } from "@kubernetes/client-node";
import {
  COMPONENT_LABEL,
  INSTANCE_LABEL,
  PLACEHOLDER_COMPONENT,
  PLACEHOLDER_LABEL,
  ROOT_ANNOTATION,
  TEKTON_PIPELINE_RUN_LABEL,
  WITHIN_ANNOTATION,
} from "../keys";
import { choicesOf } from "../choices/choices";
import { isPlaceholderPod } from "../tekton/placeholder-pod";
import { requiredPodTerms, withOnlyRequiredTerm } from "../placement/required-term";

/**
 * @param root the name of the outermost run, which the placeholder is labelled with. Undefined for a run that an earlier
 * version of the operator has placed: its child runs' pods carry only their own run's name
 */
function termFor(placeholder: string, root: string | undefined, topologyKey: string): V1PodAffinityTerm {
  return {
    topologyKey,
    labelSelector: {
      matchLabels: {
        ...(root !== undefined && { [TEKTON_PIPELINE_RUN_LABEL]: root }),
        [INSTANCE_LABEL]: placeholder,
        [COMPONENT_LABEL]: PLACEHOLDER_COMPONENT,
      },
    },
  };
}

/** With the run's name among its labels or, as earlier versions wrote it, without. */
function isTermFor(term: V1PodAffinityTerm, placeholder: string): boolean {
  const labels = term.labelSelector?.matchLabels;
  return labels?.[INSTANCE_LABEL] === placeholder && labels[COMPONENT_LABEL] === PLACEHOLDER_COMPONENT;
}

/**
 * The affinity of a pod of a placed run: what the user asked for, and one more required term, to the
 * placeholder in the pod's own namespace. The topology key is what was decided for the run, which Tekton copies to
 * its pods with all annotations.
 *
 * Pod affinity that the user requires becomes preferred: the placeholder was placed where it is met,
 * and beside our term it could never be met as a requirement (see required-term.ts).
 *
 * @returns undefined when there is nothing to change: no placeholder's label, a placeholder itself, or
 * the term is there already (admission may see a pod twice)
 */
export function coLocated(pod: V1Pod): V1Affinity | undefined {
  const placeholder = pod.metadata?.labels?.[PLACEHOLDER_LABEL];
  if (placeholder === undefined || isPlaceholderPod(pod)) return undefined;
  const affinity = pod.spec?.affinity ?? {};
  if (requiredPodTerms(affinity).some(term => isTermFor(term, placeholder))) return undefined;
  const annotations = pod.metadata?.annotations ?? {};
  // Runs that an earlier version has let go carry the choice alone.
  const topologyKey = annotations[WITHIN_ANNOTATION] ?? choicesOf(annotations)["topology-key"];
  return withOnlyRequiredTerm(affinity, termFor(placeholder, annotations[ROOT_ANNOTATION], topologyKey));
}
