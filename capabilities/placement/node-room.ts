/** Whether the first pods of a run find room beside its placeholder, before that has given theirs free. Pure. */
import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { countedResources, maximum, sum, sumOf, type Resources } from "../demand/resources";
import { grantedTo } from "../room/kubelet-answer";
import { podRequests } from "../room/pod-requests";
import { resizable, type Reservation } from "../room/reservation";
import { isPlaceholderPod } from "../tekton/placeholder-pod";

/** What is known of the room on a node, in cpu and memory. */
export interface NodeRoom {
  allocatable: Resources;
  /** What pods of runs ask for there, but for the placeholder that is asked about. */
  taken: Resources;
}

/** In cpu and memory; undefined for a node that does not say. */
export function allocatableOf(node: V1Node | undefined): Resources | undefined {
  const { allocatable } = node?.status ?? {};
  return allocatable && resizable(countedResources(allocatable));
}

/** As a scheduler counts it: of what is asked for and what is still granted the larger. */
export const countedFor = (pod: V1Pod): Resources =>
  isPlaceholderPod(pod) ? maximum(podRequests(pod), grantedTo(pod)) : podRequests(pod);

/**
 * @param placeholder bound
 * @param pods of all runs that have some there: those that have not ended
 */
export function nodeRoom(placeholder: V1Pod, allocatable: Resources, pods: readonly V1Pod[]): NodeRoom {
  const { nodeName } = placeholder.spec!;
  const others = pods
    .filter(({ spec }) => spec?.nodeName === nodeName)
    .filter(({ metadata }) => metadata!.uid !== placeholder.metadata!.uid);
  return { allocatable, taken: resizable(sumOf(others.map(countedFor))) };
}

/** Pods of others are not known: half of a node is left to them. */
const SHARE_FOR_RUNS = 0.5;

/** @param room undefined where nothing is known of the node: then they are taken to find it */
export function findRoomBeside(
  placeholder: V1Pod,
  { ask, firstWave }: Reservation,
  room: NodeRoom | undefined,
): boolean {
  if (room === undefined) return true;
  const { allocatable, taken } = room;
  const first = resizable(firstWave);
  const used = sum(taken, maximum(countedFor(placeholder), resizable(ask)), first);
  return Object.entries(first).every(
    ([name, amount]) => amount === 0 || used[name]! <= SHARE_FOR_RUNS * allocatable[name]!,
  );
}
