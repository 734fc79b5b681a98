/** What Kueue puts on the pod of a placeholder, which says that its owner lets it go. */
import type { V1Pod, V1PodSchedulingGate } from "@kubernetes/client-node";
import { APP_NAME, GATED_BY_ANNOTATION, KUEUE_PREFIX } from "../keys";
import { isPlaceholderPod } from "../tekton/placeholder-pod";

/** What is left; undefined where there is none of it. */
export interface Ungated {
  schedulingGates: V1PodSchedulingGate[] | undefined;
  finalizers: string[] | undefined;
}

const orUndefined = <T>(list: T[]): T[] | undefined => (list.length === 0 ? undefined : list);

/**
 * The pod's gates and finalizers without those of Kueue, which would keep it for ever: nobody takes either off a pod that
 * Kueue does not manage. Before v0.16 it put its finalizer on such pods as well.
 *
 * @returns undefined when there is nothing to change: no gate of Kueue's, or not on a placeholder of ours
 */
export function ungated(pod: V1Pod): Ungated | undefined {
  const { schedulingGates = [] } = pod.spec ?? {};
  const { annotations, finalizers = [] } = pod.metadata ?? {};
  if (!isPlaceholderPod(pod) || annotations?.[GATED_BY_ANNOTATION] !== APP_NAME) return undefined;
  const others = schedulingGates.filter(({ name }) => !name.startsWith(KUEUE_PREFIX));
  if (others.length === schedulingGates.length) return undefined;
  return {
    schedulingGates: orUndefined(others),
    finalizers: orUndefined(finalizers.filter(name => !name.startsWith(KUEUE_PREFIX))),
  };
}
