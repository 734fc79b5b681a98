/** Clearing up: every step is done, whatever became of those before. */
import { setTimeout as delay } from "node:timers/promises";

export interface ClearingStep {
  /** Completes "could not …". */
  what: string;
  /** After this the step is left to itself, and the next one begins. */
  milliseconds: number;
  work: () => Promise<unknown> | undefined;
}

/**
 * Does the steps one after another; one that fails or takes too long does not keep the next from being done.
 *
 * @throws Error that names all that failed, with the first reason as its cause
 */
export async function inTurn(steps: readonly ClearingStep[]): Promise<void> {
  const failed: { message: string; cause: unknown }[] = [];
  for (const { what, milliseconds, work } of steps) {
    try {
      await bounded(work, milliseconds);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      failed.push({ message: `could not ${what}: ${reason}`, cause });
    }
  }
  if (failed.length === 0) return;
  throw new Error(failed.map(({ message }) => message).join("; "), { cause: failed[0]!.cause });
}

async function bounded(work: ClearingStep["work"], milliseconds: number): Promise<void> {
  const timer = new AbortController();
  const tooLong = delay(milliseconds, undefined, { signal: timer.signal, ref: true }).then(() => {
    throw new Error(`it took more than ${milliseconds / 1000} s`);
  });
  try {
    await Promise.race([Promise.resolve().then(work), tooLong]);
  } finally {
    timer.abort();
    tooLong.catch(() => undefined);
  }
}
