/** When a placeholder gives its node up, because strangers have taken the room that its run needs there. */
import type { V1Pod } from "@kubernetes/client-node";
import { exceeds, maximum, sum, type Resources } from "../demand/resources";
import type { HandOverStep } from "./hand-over";
import { podRequests } from "./pod-requests";
import type { Reservation } from "./reservation";
import { waitingForRoomSince } from "./waiting-pods";

/** In a hand-over that goes well, a pod has waited a second or two for its room. */
export const PATIENCE_SECONDS = 10;

const hasNode = ({ spec }: V1Pod): boolean => Boolean(spec?.nodeName);

/**
 * A pod of the run waits for room, and none is on the node that could end and give it any: the placeholder looks for
 * another node with room for all, and the pods that wait follow it. Without a reservation it stays.
 *
 * @param placeholder bound
 * @param pods the run's, that have not ended
 * @param needed what the run may still need at once
 */
export function relocation(
  placeholder: V1Pod,
  pods: readonly V1Pod[],
  { ask, floor }: Reservation,
  needed: Resources,
  now: Date,
): HandOverStep | undefined {
  const waits = pods.map(waitingForRoomSince).filter(since => since !== undefined);
  if (waits.length === 0 || pods.some(hasNode) || exceeds(ask, floor).length === 0) return undefined;
  const made = new Date(placeholder.metadata?.creationTimestamp ?? 0).getTime();
  const leaves = Math.max(Math.min(...waits), made) + PATIENCE_SECONDS * 1000;
  const why = "strangers have taken the room of its next pods";
  if (leaves > now.getTime()) return { kind: "wait", lookAgainSeconds: (leaves - now.getTime()) / 1000, why };
  return {
    kind: "start-over",
    pod: placeholder,
    ask: maximum(needed, sum(...pods.map(podRequests)), floor),
    why,
  };
}
