/** The conditions by which a kubelet tells of a resize. */
import type { V1Pod, V1PodCondition } from "@kubernetes/client-node";

/** There is no room for it (yet). */
export const PENDING_CONDITION = "PodResizePending";
/** The room is the pod's, and what it had is still in force. */
export const PROGRESS_CONDITION = "PodResizeInProgress";

function conditionOf({ status }: V1Pod, wanted: string): V1PodCondition | undefined {
  return status?.conditions?.find(({ type }) => type === wanted);
}

export const pendingCondition = (pod: V1Pod): V1PodCondition | undefined =>
  conditionOf(pod, PENDING_CONDITION);

export const progressCondition = (pod: V1Pod): V1PodCondition | undefined =>
  conditionOf(pod, PROGRESS_CONDITION);
