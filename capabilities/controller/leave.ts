/** What is to be done for a run before the operator is taken away, so that nothing waits for it for ever. */
import type { V1Pod } from "@kubernetes/client-node";
import { exceeds, type Resources } from "../demand/resources";
import { isHeldByUs } from "../tekton/objects";
import { activePods, ownership, placeholderPod, type Observed } from "../phases/observed";
import { requestedBy, reservationOf } from "../room/placeholder-size";
import { recordOf } from "../placement/record";
import { notBelowRaised } from "../room/resized";
import { resizable } from "../room/reservation";

export type Leave =
  /** Nothing is left to be done. */
  | { kind: "none" }
  /** Start the run, without affinity. */
  | { kind: "let-go" }
  | { kind: "delete-placeholder" }
  /** Nobody will hand its room over any more: to the run's pods, and to everybody, with all of it. */
  | { kind: "free-room"; pod: V1Pod; size: Resources };

/**
 * A held run starts. A placeholder goes, unless pods that wait or run are tied to it; one that stays keeps no
 * room.
 */
export function leave(observed: Observed): Leave {
  const { run, statefulSet } = observed;
  if (run !== undefined && isHeldByUs(run)) return { kind: "let-go" };
  const isOurs = ["ours", "orphan"].includes(ownership(observed));
  if (!isOurs || statefulSet!.metadata?.deletionTimestamp !== undefined) return { kind: "none" };
  if (activePods(observed).length === 0) return { kind: "delete-placeholder" };
  const pod = placeholderPod(observed);
  if (pod === undefined) return { kind: "none" };
  const asked = resizable(requestedBy(pod.spec!));
  // What a policy raises stays as it is.
  const size = notBelowRaised(
    resizable(reservationOf(statefulSet!).floor),
    asked,
    recordOf(statefulSet!).raisedTo,
  );
  const keepsRoom = exceeds(asked, size).length > 0;
  return keepsRoom ? { kind: "free-room", pod, size } : { kind: "none" };
}
