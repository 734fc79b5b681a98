/** The last crumbs: where a run's pod lacks no more than what the placeholder itself is made of. */
import type { V1Pod } from "@kubernetes/client-node";
import { amountOf, type Resources } from "../demand/resources";
import { isWaitingFor, waitingForRoomSince } from "./waiting-pods";
import { RESIZABLE } from "./reservation";

/** A shrink takes a moment to be in force, and the scheduler one to look again. */
export const YIELD_AFTER_SECONDS = 3;

/** Seconds until a pod has waited for so long that the crumbs count; undefined when none is about to. */
export function yieldsInSeconds(pods: readonly V1Pod[], now: Date): number | undefined {
  const left = pods
    .map(waitingForRoomSince)
    .filter(since => since !== undefined)
    .map(since => YIELD_AFTER_SECONDS - (now.getTime() - since) / 1000)
    .filter(seconds => seconds > 0);
  return left.length > 0 ? Math.min(...left) : undefined;
}

/**
 * On a node, or in a quota, that the run fills to the last, its last pod waits for the placeholder's floor: that is
 * given up then, resource by resource, and not taken back, as it would not be missed.
 *
 * @param size what the placeholder would ask for
 * @param asked what it asks for now
 * @param pods the run's, that have not ended
 */
export function withYieldedFloor(
  size: Resources,
  asked: Resources,
  floor: Resources,
  pods: readonly V1Pod[],
  now: Date,
): Resources {
  const patient = pods.filter(
    pod => (waitingForRoomSince(pod) ?? Infinity) + YIELD_AFTER_SECONDS * 1000 <= now.getTime(),
  );
  const yielded = (name: string): number => {
    const [wanted, least] = [amountOf(size, name), amountOf(floor, name)];
    if (wanted > least) return wanted;
    if (patient.some(pod => isWaitingFor(pod, name))) return 0;
    return Math.min(wanted, amountOf(asked, name));
  };
  return Object.fromEntries(RESIZABLE.map(name => [name, yielded(name)]));
}
