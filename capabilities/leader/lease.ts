/**
 * Which of several controllers acts, by a Lease: the algorithm of client-go's leader election, as
 * decisions about what was read. A holder counts as gone when its record has not changed for as long as
 * it said that it would hold, on the reader's own clock: the clocks of two machines are never compared.
 */
import type { V1LeaseSpec } from "@kubernetes/client-node";

/** How long each part of holding a Lease takes, in milliseconds. */
export interface LeaseTerms {
  /** Others wait for this long without a renewal before they take over. */
  duration: number;
  /** A holder that has not been able to renew for this long stops. Shorter, so that it stops first. */
  renewDeadline: number;
  /** Between two looks at the Lease, and two renewals. */
  retry: number;
}

/** Shares of 2/3 and 1/6: tries to renew, one after the other, before the deadline, each with half of it to be answered. */
export function leaseTerms(durationSeconds: number): LeaseTerms {
  const duration = durationSeconds * 1000;
  return { duration, renewDeadline: (duration * 2) / 3, retry: duration / 6 };
}

/** The Lease as it was when it was last seen to change. */
export interface Sighting {
  record: string;
  /** Milliseconds on the reader's monotonic clock. */
  at: number;
}

export type LeaseStep = "create" | "take" | "renew" | "wait";

/** @returns the earlier sighting while the Lease has not changed, else one of now */
export function sighted(
  lease: V1LeaseSpec | undefined,
  earlier: Sighting | undefined,
  now: number,
): Sighting {
  const record = JSON.stringify(lease ?? null);
  return earlier?.record === record ? earlier : { record, at: now };
}

/**
 * @param lease as it is; undefined when there is none
 * @param since what `sighted` made of it
 * @param now milliseconds on the same clock
 */
export function leaseStep(
  lease: V1LeaseSpec | undefined,
  me: string,
  since: Sighting,
  now: number,
): LeaseStep {
  if (lease === undefined) return "create";
  const holder = lease.holderIdentity ?? "";
  if (holder === me) return "renew";
  const lapsed = now - since.at > (lease.leaseDurationSeconds ?? 0) * 1000;
  return holder === "" || lapsed ? "take" : "wait";
}
