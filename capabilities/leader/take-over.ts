/** Takes the place of the controllers for good, by their own Lease: they stand by, and start nothing anew. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Log } from "pepr";
import type { LeaseStore } from "./lease-store";
import { describeError, isOutdated } from "../kube/errors";

/** Should this process fail, the controllers go on after as long. */
const HELD_MILLISECONDS = 30_000;
const RENEW_MILLISECONDS = 5_000;
const MOST_TRIES = 20;

/** Whoever holds it: a holder that finds it taken stops, at the latest when its own time is over. */
async function take(store: LeaseStore, me: string) {
  const seen = await store.read();
  return seen === undefined ? store.create(me, HELD_MILLISECONDS) : store.take(seen, me, HELD_MILLISECONDS);
}

/**
 * Holds the Lease from now on, until 30 s after this process has ended.
 *
 * @throws whatever keeps it from being written; that the holder renews it at the same moment does not
 */
export async function takeOver(store: LeaseStore): Promise<void> {
  const me = `uninstall_${randomUUID()}`;
  for (let tries = 1; ; tries++) {
    try {
      let held = await take(store, me);
      setInterval(() => {
        store.renew(held, HELD_MILLISECONDS).then(
          renewed => (held = renewed),
          (error: unknown) => Log.warn({ error: describeError(error) }, "The Lease was not renewed"),
        );
      }, RENEW_MILLISECONDS).unref();
      return;
    } catch (error) {
      if (!isOutdated(error) || tries === MOST_TRIES) throw error;
      await delay(Math.random() * 100);
    }
  }
}
