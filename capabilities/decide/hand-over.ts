/** Between a placeholder and the pods of its run: who has how much of the room at which moment. */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { exceeds, parseResources, type Resources } from "../demand/resources";
import { GROWTH_REFUSED_ANNOTATION } from "../keys";
import { awaitsQuota, type PipelineRun } from "../tekton";
import { activePods, placeholderPod, schedulingMessage, type Observed } from "./observed";
import { requestedBy, reservationOf } from "./placeholder";
import { progressOf } from "./progress";
import { relocation } from "./relocation";
import { replacement } from "./replacement";
import { minimum, neededBy, resizable, sizeAtRelease, sizeFrom, type Reservation } from "./reservation";
import { waitingForRoomSince } from "./waiting-pods";
import { withYieldedFloor, YIELD_AFTER_SECONDS } from "./yielding";

export type HandOver =
  /** Its node is found: should its pod be made again, it joins its run. */
  | { kind: "settle-placeholder" }
  /** Replaced on its node by a pod of this size, because what it asks for cannot be resized. */
  | { kind: "pin-placeholder"; node: string; size: Resources }
  /** Its pod is not what the StatefulSet asks for any more: away with it, for a new one. */
  | { kind: "remake-pod"; pod: V1Pod }
  /** Its room is lost: look for a node with room for `ask` (default: for all that the run needs). */
  | { kind: "start-over"; pod: V1Pod; ask?: Resources }
  | { kind: "resize"; pod: V1Pod; size: Resources }
  /** The node has no room to grow into: ask for no more than there is. */
  | { kind: "withdraw-growth"; pod: V1Pod; size: Resources }
  | { kind: "wait" };

export type HandOverStep = HandOver & { why: string; lookAgainSeconds?: number };

/**
 * Before the run starts: down by its first pods, and rid of what cannot be resized.
 *
 * @returns undefined when the run may start
 */
export function beforeRelease(observed: Observed): HandOverStep | undefined {
  const statefulSet = observed.statefulSet!;
  const pod = placeholderPod(observed);
  if (pod === undefined) return { kind: "wait", why: "its placeholder's pod is being made" };
  const node = pod.spec?.nodeName || undefined;
  if (node === undefined) return withoutNode(observed, pod, statefulSet);
  const size = sizeAtRelease(reservationOf(statefulSet));
  const replacing = replacement(pod, statefulSet, node, size);
  if (replacing !== undefined) return replacing;
  const asked = requestedBy(pod.spec!);
  if (exceeds(size, asked).length > 0) {
    return { kind: "start-over", pod, why: "its placeholder was made again without its room" };
  }
  if (exceeds(resizable(asked), size).length > 0)
    return { kind: "resize", pod, size, why: "its first pods need the room" };
  return undefined;
}

function withoutNode(observed: Observed, pod: V1Pod, statefulSet: V1StatefulSet): HandOverStep {
  const message = schedulingMessage(observed);
  const why = `its placeholder has no node: ${message ?? "the scheduler has not said why yet"}`;
  const { ask } = reservationOf(statefulSet);
  const asksForLess = exceeds(ask, requestedBy(statefulSet.spec!.template.spec!)).length > 0;
  return message !== undefined && asksForLess ? { kind: "start-over", pod, why } : { kind: "wait", why };
}

/** A growth that the kubelet has put off, or will never grant. */
function growthIsPending({ status }: V1Pod): boolean {
  return (
    status?.conditions?.some(({ type, status: value }) => type === "PodResizePending" && value === "True") ===
    true
  );
}

/** Milliseconds until a placeholder whose growth was refused may ask again; 0 when it may. */
function pauseLeft(statefulSet: V1StatefulSet, now: Date, pauseSeconds: number): number {
  const refused = Date.parse(statefulSet.metadata?.annotations?.[GROWTH_REFUSED_ANNOTATION] ?? "");
  return Number.isNaN(refused) ? 0 : Math.max(0, refused + pauseSeconds * 1000 - now.getTime());
}

/** In cpu and memory, what the placeholder is to ask for beside the run's pods. */
function sizeNow(
  run: PipelineRun,
  observed: Observed,
  reservation: Reservation,
  asked: Resources,
  now: Date,
): Resources {
  const { taskRuns, children } = observed;
  const seen = { run, taskRuns, children, pods: activePods(observed) };
  // Where the quota is short, nothing is kept for later while a task cannot start now.
  const size = taskRuns.some(awaitsQuota)
    ? resizable(reservation.floor)
    : sizeFrom(asked, reservation, progressOf(seen, reservation));
  return withYieldedFloor(size, asked, reservation.floor, seen.pods, now);
}

/**
 * While the run goes: room for what it may still need beside its live pods.
 *
 * @returns undefined when there is nothing to change
 */
export function whileRunning(
  run: PipelineRun,
  observed: Observed,
  now: Date,
  growthRetrySeconds: number,
): HandOverStep | undefined {
  const pod = placeholderPod(observed);
  if (pod === undefined || !pod.spec?.nodeName) return undefined;
  const { taskRuns, children, statefulSet } = observed;
  const reservation = reservationOf(statefulSet!);
  const asked = resizable(requestedBy(pod.spec));
  if (growthIsPending(pod)) {
    const status = pod.status?.containerStatuses?.[0];
    const size = resizable(parseResources(status?.allocatedResources ?? status?.resources?.requests));
    return { kind: "withdraw-growth", pod, size, why: "its node has no room left to give back" };
  }
  const size = sizeNow(run, observed, reservation, asked, now);
  const replacing = replacement(pod, statefulSet!, pod.spec.nodeName, size);
  if (replacing !== undefined) return replacing;
  const seen = { run, taskRuns, children, pods: activePods(observed) };
  // Down first, of whatever there is too much: a growth of something else may have to wait.
  const shrunk = minimum(asked, size);
  if (exceeds(asked, shrunk).length > 0)
    return { kind: "resize", pod, size: shrunk, why: "its next pods need the room" };
  const moving = relocation(
    pod,
    seen.pods,
    reservation,
    neededBy(reservation, progressOf(seen, reservation)),
    now,
  );
  if (moving !== undefined) return moving;
  if (exceeds(size, asked).length > 0)
    return growth(pod, size, pauseLeft(statefulSet!, now, growthRetrySeconds));
  if (!seen.pods.some(waiting => waitingForRoomSince(waiting) !== undefined)) return undefined;
  return { kind: "wait", lookAgainSeconds: YIELD_AFTER_SECONDS, why: "a pod of it waits for room" };
}

/** A pod without requests, of QoS class BestEffort, stays one: the class may not change. */
function growth(pod: V1Pod, size: Resources, pauseMilliseconds: number): HandOverStep | undefined {
  if (exceeds(requestedBy(pod.spec!), {}).length === 0) return undefined;
  if (pauseMilliseconds === 0) return { kind: "resize", pod, size, why: "pods that ended gave room back" };
  const why = "its node had no room to give back";
  return { kind: "wait", lookAgainSeconds: pauseMilliseconds / 1000, why };
}
