/**
 * Pods that the scheduler finds no place for. What it says counts all nodes, also those where the pod may not go, so
 * its words are a hint: it is right only after a while, when the room on the one node has long been handed over.
 */
import type { V1Pod, V1PodCondition } from "@kubernetes/client-node";

function refusal({ spec, status }: V1Pod): V1PodCondition | undefined {
  if (spec?.nodeName) return undefined;
  return status?.conditions?.find(
    ({ type, status: value, reason }) =>
      type === "PodScheduled" && value === "False" && reason === "Unschedulable",
  );
}

/** Whether a node has too little of the resource left for it: the words are kube-scheduler's (noderesources/fit.go). */
export function isWaitingFor(pod: V1Pod, resource: string): boolean {
  return refusal(pod)?.message?.includes(`Insufficient ${resource}`) === true;
}

/** Since when it has waited for room, in milliseconds of the epoch; undefined when it does not, or for something else. */
export function waitingForRoomSince(pod: V1Pod): number | undefined {
  const found = refusal(pod);
  if (found?.message?.includes("Insufficient ") !== true) return undefined;
  return new Date(found.lastTransitionTime ?? 0).getTime();
}

/** Since when it has waited for a place, whatever the scheduler says, in milliseconds of the epoch. */
export function unschedulableSince(pod: V1Pod): number | undefined {
  const found = refusal(pod);
  return found && new Date(found.lastTransitionTime ?? 0).getTime();
}

/** In the scheduler's words, why it has none. */
export const unschedulableBecause = (pod: V1Pod): string | undefined => refusal(pod)?.message;

/** When it got its node, in milliseconds of the epoch: it may have waited long for that. */
export function boundAt({ metadata, status }: V1Pod): number {
  const scheduled = status?.conditions?.find(
    ({ type, status: value }) => type === "PodScheduled" && value === "True",
  );
  return new Date(scheduled?.lastTransitionTime ?? metadata?.creationTimestamp ?? 0).getTime();
}

/** In a hand-over that goes well, a pod has waited a second or two for its room. */
export const PATIENCE_SECONDS = 10;
const LONGEST_PATIENCE_SECONDS = 600;

/** Doubled with each move. */
export const patienceSeconds = (moves: number): number =>
  Math.min(LONGEST_PATIENCE_SECONDS, PATIENCE_SECONDS * 2 ** Math.min(moves, 10));
