/** How long a run was held. Pure. */
import { heldSince } from "../phases/placement-timeout";
import type { Observed } from "../phases/observed";

/** A creationTimestamp is cut to whole seconds. */
const CUT_MILLISECONDS = 999;

/**
 * Seconds since the hold began. The API server says that to the second; within that, a process that has seen the run come
 * knows better, and one that found it there does not.
 *
 * @returns 0 for a run that says nothing of when it was created; the API server sets that on everything that it stores
 */
export function heldSeconds(
  { run, runSeenSince }: Pick<Observed, "run" | "runSeenSince">,
  now: Date,
): number {
  const since = heldSince(run!);
  if (Number.isNaN(since)) return 0;
  const seen = runSeenSince?.getTime() ?? since;
  const began = Math.min(Math.max(seen, since), since + CUT_MILLISECONDS);
  return Math.max(0, now.getTime() - began) / 1000;
}
