/** When a placeholder leaves its node, what keeps it there, and what it looks for elsewhere. */
import type { V1Pod } from "@kubernetes/client-node";
import { exceeds, maximum, sum, type Resources } from "../demand/resources";
import { HOSTNAME_TOPOLOGY } from "../keys";
import { requestedBy } from "../room/placeholder-size";
import { podRequests } from "../room/pod-requests";
import { boundAt, patienceSeconds, unschedulableSince, waitingForRoomSince } from "../room/waiting-pods";
import { hasNode } from "./observed";
import type { Sight } from "./sight";

/** With the pauses between them these take more than two hours. */
export const MOST_MOVES = 16;

/**
 * Pods of the run that keep its placeholder where it is: a run is never split. Over a zone it may leave them, as its own
 * affinity keeps it in theirs.
 */
export const tying = ({ own, record }: Sight): V1Pod[] =>
  record.placing["topology-key"] === HOSTNAME_TOPOLOGY ? own.pods.filter(hasNode) : [];

/** What the rest of the run needs at another node. What a quota is short of is not kept room for. */
export function askElsewhere({ needed, own, reservation }: Sight): Resources {
  const { floor, scarce = [] } = reservation;
  const all = maximum(needed, sum(...own.pods.map(podRequests)), floor);
  return Object.fromEntries(
    Object.entries(all).map(([name, amount]) => [name, scarce.includes(name) ? (floor[name] ?? 0) : amount]),
  );
}

/** What a pod that is made now asks for. */
export const templateAsks = ({ observed }: Sight): Resources =>
  requestedBy(observed.statefulSet!.spec!.template.spec!);

/**
 * Milliseconds until the next move: the first time none, then ever more, and some day no end of them.
 *
 * @param since when it came to where it is, in milliseconds of the epoch
 */
function pauseAfter({ record, now }: Sight, since: number): number {
  if (record.moves === 0) return 0;
  if (record.moves >= MOST_MOVES) return Infinity;
  return Math.max(0, since + patienceSeconds(record.moves - 1) * 1000 - now.getTime());
}

/** Of one that has a node: until it may be sent to another. */
export const pauseBeforeMove = (seen: Sight): number => pauseAfter(seen, boundAt(seen.pod!));

/** Of one that was lost, and is made anew. */
export const pauseBeforeRemake = (seen: Sight): number =>
  pauseAfter(seen, new Date(seen.pod!.metadata?.creationTimestamp ?? 0).getTime());

/** Since when all that is left of the run waits for a place, in milliseconds of the epoch; undefined when it does not. */
export function waitingSince({ own, reservation, settings }: Sight): number | undefined {
  if (own.pods.some(hasNode)) return undefined;
  const { ask, floor, tasks, scarce = [] } = reservation;
  const isForRoomAlone = settings.MOVES === "disabled";
  const keepsRoom = tasks.length > 0 || exceeds(ask, floor).length > 0;
  if (isForRoomAlone && (!keepsRoom || scarce.length > 0)) return undefined;
  const sinceOf = isForRoomAlone ? waitingForRoomSince : unschedulableSince;
  const waits = own.pods.map(sinceOf).filter(since => since !== undefined);
  return waits.length === 0 ? undefined : Math.min(...waits);
}

/** Milliseconds until the run's patience with its node, on which nothing of it runs, is over. */
export function patienceLeft(seen: Sight): number {
  const since = waitingSince(seen);
  if (since === undefined || seen.record.moves >= MOST_MOVES) return Infinity;
  const began = Math.max(since, boundAt(seen.pod!));
  return began + patienceSeconds(seen.record.moves) * 1000 - seen.now.getTime();
}
