/** Between a placeholder and the pods of its run: who has how much of the room at which moment. */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { exceeds, minimum, type Resources } from "../demand/resources";
import { GROWTH_REFUSED_ANNOTATION } from "../keys";
import { awaitsQuota, type PipelineRun } from "../tekton/objects";
import { afterRefusedShrink, grantedTo, pendingResize } from "./kubelet-answer";
import { ownOf } from "../tekton/lineage";
import { placeholderPod, schedulingMessage, type Observed } from "../controller/observed";
import { isPinned } from "../placement/placeholder-template";
import { requestedBy, reservationOf } from "../placement/placeholder-size";
import { progressOf, type Seen } from "./progress";
import { relocation } from "./relocation";
import { replacement } from "./replacement";
import { neededBy, resizable, sizeAtRelease, sizeFrom, type Progress, type Reservation } from "./reservation";
import { withYieldedFloor, yieldsInSeconds } from "./yielding";

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
  if (pendingResize(pod) === "shrink") return afterRefusedShrink(pod, statefulSet, node, size);
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
  // What is pinned could go nowhere else, should its node be lost.
  const mayStartOver = message !== undefined && (asksForLess || isPinned(statefulSet));
  return mayStartOver ? { kind: "start-over", pod, why } : { kind: "wait", why };
}

/** Milliseconds until a placeholder whose growth was refused may ask again; 0 when it may. */
function pauseLeft(statefulSet: V1StatefulSet, now: Date, pauseSeconds: number): number {
  const refused = Date.parse(statefulSet.metadata?.annotations?.[GROWTH_REFUSED_ANNOTATION] ?? "");
  return Number.isNaN(refused) ? 0 : Math.max(0, refused + pauseSeconds * 1000 - now.getTime());
}

/** In cpu and memory, what the placeholder is to ask for beside the run's pods. */
function sizeNow(
  seen: Seen,
  progress: Progress,
  reservation: Reservation,
  asked: Resources,
  now: Date,
): Resources {
  // Where the quota is short, nothing is kept for later while a task cannot start now.
  const size = seen.taskRuns.some(awaitsQuota)
    ? resizable(reservation.floor)
    : sizeFrom(asked, reservation, progress);
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
  if (pod === undefined) return undefined;
  const statefulSet = observed.statefulSet!;
  const reservation = reservationOf(statefulSet);
  const node = pod.spec?.nodeName;
  if (!node) return homeless(pod, observed, reservation);
  const asked = resizable(requestedBy(pod.spec!));
  const seen = ownOf(run, observed);
  const progress = progressOf(seen, reservation);
  const size = sizeNow(seen, progress, reservation, asked, now);
  const pending = pendingResize(pod);
  if (pending === "growth") {
    const why = "its node has no room left to give back";
    return { kind: "withdraw-growth", pod, size: grantedTo(pod), why };
  }
  if (pending === "shrink") return afterRefusedShrink(pod, statefulSet, node, size);
  const replacing = replacement(pod, statefulSet, node, size);
  if (replacing !== undefined) return replacing;
  // First what its pods wait for: a growth of another resource might be put off, and the whole of it with that.
  const down = minimum(size, asked);
  if (exceeds(asked, down).length > 0) {
    // No pod may be resized to nothing.
    const to = exceeds(down, {}).length > 0 ? down : size;
    return { kind: "resize", pod, size: to, why: "its next pods need the room" };
  }
  const needed = neededBy(reservation, progress);
  const moving = relocation(pod, statefulSet, seen.pods, reservation, needed, now);
  if (moving !== undefined) return soonerFor(seen.pods, moving, now);
  if (exceeds(size, asked).length > 0)
    return growth(pod, size, pauseLeft(statefulSet, now, growthRetrySeconds));
  return soonerFor(seen.pods, undefined, now);
}

/** A pinned placeholder can go nowhere else; unpinned it can only join its run's pods, or find another node for all. */
function homeless(pod: V1Pod, observed: Observed, { floor }: Reservation): HandOverStep | undefined {
  const message = schedulingMessage(observed);
  if (message === undefined || !isPinned(observed.statefulSet!)) return undefined;
  return { kind: "start-over", pod, ask: floor, why: `its node does not take its placeholder: ${message}` };
}

/** Looks again when a pod has waited for long enough to get the last crumbs. */
function soonerFor(
  pods: readonly V1Pod[],
  step: HandOverStep | undefined,
  now: Date,
): HandOverStep | undefined {
  const seconds = yieldsInSeconds(pods, now);
  if (seconds === undefined || (step !== undefined && step.kind !== "wait")) return step;
  const lookAgainSeconds = Math.min(seconds, step?.lookAgainSeconds ?? Infinity);
  return { kind: "wait", why: step?.why ?? "a pod waits for room", lookAgainSeconds };
}

/** A pod without requests, of QoS class BestEffort, stays one: the class may not change. */
function growth(pod: V1Pod, size: Resources, pauseMilliseconds: number): HandOverStep | undefined {
  if (exceeds(requestedBy(pod.spec!), {}).length === 0) return undefined;
  if (pauseMilliseconds === 0) return { kind: "resize", pod, size, why: "pods that ended gave room back" };
  const why = "its node had no room to give back";
  return { kind: "wait", lookAgainSeconds: pauseMilliseconds / 1000, why };
}
