/** When something that goes on is told again: rarely, and ever more rarely. Pure. */

/** What a process remembers of an Event that it has told. Times in milliseconds of the epoch. */
export interface Told {
  first: number;
  /** When it was last seen to be so. */
  observed: number;
  written: number;
  /** How often it was seen; unknown of an Event that another process has made. */
  count: number | undefined;
}

/** Decisions come as often as watch events: within this they are of one observation. */
const ONE_OBSERVATION = 5_000;
const FIRST_PAUSE = 10_000;
/** Half of what an API server keeps an Event for after it was last written, so that it is there while it is so. */
const LONGEST_PAUSE = 30 * 60_000;

export const firstTold = (now: number, isOurs: boolean): Told => ({
  first: now,
  observed: now,
  written: now,
  count: isOurs ? 1 : undefined,
});

/** @returns what is remembered once it was seen again; the same when this is no news */
export function seenAgain(told: Told, now: number): Told {
  if (now - told.observed < ONE_OBSERVATION) return told;
  return { ...told, observed: now, count: told.count === undefined ? undefined : told.count + 1 };
}

/** Whether it is to be written again: after 10 s, and then after as long as it has gone on. */
export function isDue({ first, observed, written }: Told): boolean {
  if (observed === written) return false;
  return observed - written >= Math.min(LONGEST_PAUSE, Math.max(FIRST_PAUSE, written - first));
}
