/** When a placeholder gives its node up, because strangers have taken the room that its run needs there. */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { exceeds, maximum, sum, type Resources } from "../demand/resources";
import type { HandOverStep } from "./hand-over";
import { podRequests } from "./pod-requests";
import type { Reservation } from "./reservation";
import { waitingForRoomSince } from "./waiting-pods";

/** In a hand-over that goes well, a pod has waited a second or two for its room. */
export const PATIENCE_SECONDS = 10;
/** Doubled with each change of the placeholder's template, as a move is one. */
const LONGEST_PATIENCE_SECONDS = 600;
/** A template that was made, and settled once. */
const CALM_GENERATION = 2;

export function patienceSeconds({ metadata }: V1StatefulSet): number {
  const moves = Math.max(0, (metadata?.generation ?? 0) - CALM_GENERATION);
  return Math.min(LONGEST_PATIENCE_SECONDS, PATIENCE_SECONDS * 2 ** Math.min(moves, 10));
}

/** When it got its node, in milliseconds of the epoch: it may have waited long for that. */
function boundAt({ metadata, status }: V1Pod): number {
  const scheduled = status?.conditions?.find(
    ({ type, status: value }) => type === "PodScheduled" && value === "True",
  );
  return new Date(scheduled?.lastTransitionTime ?? metadata?.creationTimestamp ?? 0).getTime();
}

const hasNode = ({ spec }: V1Pod): boolean => Boolean(spec?.nodeName);

/**
 * A pod of the run waits for room, and none is on the node that could end and give it any: the placeholder looks for
 * another node with room for all, and the pods that wait follow it. Without a reservation it stays; and where a quota is
 * scarce, as it has no room for the placeholder beside the pods that wait.
 *
 * @param placeholder bound
 * @param pods the run's, that have not ended
 * @param needed what the run may still need at once
 */
export function relocation(
  placeholder: V1Pod,
  statefulSet: V1StatefulSet,
  pods: readonly V1Pod[],
  { ask, floor, tasks, scarce = [] }: Reservation,
  needed: Resources,
  now: Date,
): HandOverStep | undefined {
  const waits = pods.map(waitingForRoomSince).filter(since => since !== undefined);
  const keepsRoom = tasks.length > 0 || exceeds(ask, floor).length > 0;
  if (waits.length === 0 || pods.some(hasNode) || !keepsRoom || scarce.length > 0) return undefined;
  const leaves = Math.max(Math.min(...waits), boundAt(placeholder)) + patienceSeconds(statefulSet) * 1000;
  const why = "strangers have taken the room of its next pods";
  if (leaves > now.getTime()) return { kind: "wait", lookAgainSeconds: (leaves - now.getTime()) / 1000, why };
  return {
    kind: "start-over",
    pod: placeholder,
    ask: maximum(needed, sum(...pods.map(podRequests)), floor),
    why,
  };
}
