/** Waiting with a bound. */
import { setTimeout as delay } from "node:timers/promises";

const FIRST_PAUSE_MILLISECONDS = 20;
const LAST_PAUSE_MILLISECONDS = 250;

/**
 * Asks again and again, with a back-off from 20 ms to 250 ms, until there is an answer.
 *
 * @param what is waited for; completes "waited N s for …"
 * @param probe returns undefined or false while there is none; what it throws is thrown on at once
 * @returns the first other value of `probe`
 * @throws Error when there is none within the bound
 */
export async function until<T>(
  what: string,
  timeoutMilliseconds: number,
  probe: () => Promise<T | undefined | false>,
): Promise<T> {
  const deadline = Date.now() + timeoutMilliseconds;
  for (let pause = FIRST_PAUSE_MILLISECONDS; ; pause = Math.min(pause * 1.5, LAST_PAUSE_MILLISECONDS)) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMilliseconds / 1000} s for ${what}`);
    await delay(pause);
  }
}

/**
 * Tries until the API server refuses: a quota, a webhook or a policy is in force only a moment after it was made.
 *
 * @param probe a dry run
 * @param why part of the refusal
 * @throws Error when nothing is refused for this reason within the bound
 */
export function untilRefused(
  what: string,
  timeoutMilliseconds: number,
  probe: () => Promise<unknown>,
  why: string,
): Promise<true> {
  return until(`${what} to be refused`, timeoutMilliseconds, () =>
    probe().then(
      () => false as const,
      (error: Error) => error.message.includes(why),
    ),
  ) as Promise<true>;
}
