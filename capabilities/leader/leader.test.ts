import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { ApiException, type V1Lease } from "@kubernetes/client-node";
import { leaseTerms } from "./lease";
import { Leader } from "./leader";

const TERMS = leaseTerms(9);

/** A Lease in memory, with the API server's guard on its version. */
class Shared {
  lease: V1Lease | undefined;
  version = 0;
  /** Whether the API server answers. */
  up = true;

  #write(seen: V1Lease | undefined, holderIdentity: string, leaseDurationSeconds: number): V1Lease {
    if (!this.up) throw new Error("no answer");
    if (seen?.metadata?.resourceVersion !== this.lease?.metadata?.resourceVersion)
      throw new ApiException(409, "the object has been modified", undefined, {});
    const renewTime = new Date(this.version) as never;
    this.lease = {
      metadata: { resourceVersion: String(++this.version) },
      spec: { holderIdentity, leaseDurationSeconds, renewTime },
    };
    return this.lease;
  }
  reads = 0;
  read = async () => {
    this.reads++;
    if (!this.up) throw new Error("no answer");
    return this.lease;
  };
  create = async (me: string, duration: number) => this.#write(undefined, me, duration / 1000);
  take = async (seen: V1Lease, me: string, duration: number) => this.#write(seen, me, duration / 1000);
  renew = async (seen: V1Lease, duration: number) =>
    this.#write(seen, seen.spec!.holderIdentity!, duration / 1000);
  giveBack = async (seen: V1Lease) => this.#write(seen, "", 1);
}

function contender(shared: Shared, name: string) {
  const told: string[] = [];
  const leader = new Leader(shared, name, TERMS, {
    onGained: () => told.push("gained"),
    onLost: () => told.push("lost"),
    onFailure: () => undefined,
  });
  return { leader, told };
}

describe("several that want to lead", () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test("one does, and goes on doing so", async () => {
    const shared = new Shared();
    const [one, two] = [contender(shared, "one"), contender(shared, "two")];
    one.leader.start();
    await jest.advanceTimersByTimeAsync(10);
    two.leader.start();
    for (let second = 0; second < 60; second++) {
      await jest.advanceTimersByTimeAsync(1000);
      expect([one.leader.leads(), two.leader.leads()]).toEqual([true, false]);
    }
    expect([one.told, two.told]).toEqual([["gained"], []]);
  });

  test("the one that does renews without a read, until it was changed under it", async () => {
    const shared = new Shared();
    const { leader, told } = contender(shared, "one");
    leader.start();
    await jest.advanceTimersByTimeAsync(10 * TERMS.retry);
    expect([shared.reads, shared.version > 5]).toEqual([1, true]);
    // As it is when the answer to a renewal was lost.
    await shared.renew(shared.lease!, TERMS.duration);
    await jest.advanceTimersByTimeAsync(10 * TERMS.retry);
    expect([shared.reads, told]).toEqual([2, ["gained"]]);
  });

  test("an orderly stop hands over at the next look", async () => {
    const shared = new Shared();
    const [one, two] = [contender(shared, "one"), contender(shared, "two")];
    one.leader.start();
    await jest.advanceTimersByTimeAsync(10);
    two.leader.start();
    await one.leader.stop();
    expect(one.leader.leads()).toBe(false);
    await jest.advanceTimersByTimeAsync(TERMS.retry);
    expect(two.leader.leads()).toBe(true);
  });

  test("one that dies is followed once its time is over, not before", async () => {
    const shared = new Shared();
    shared.lease = await shared.create("dead", TERMS.duration);
    const two = contender(shared, "two");
    two.leader.start();
    await jest.advanceTimersByTimeAsync(TERMS.duration);
    expect(two.leader.leads()).toBe(false);
    await jest.advanceTimersByTimeAsync(2 * TERMS.retry);
    expect(two.leader.leads()).toBe(true);
  });

  test("one that cannot renew stops before another may begin, and comes back", async () => {
    const shared = new Shared();
    const one = contender(shared, "one");
    one.leader.start();
    await jest.advanceTimersByTimeAsync(10);
    shared.up = false;
    await jest.advanceTimersByTimeAsync(TERMS.renewDeadline);
    expect(one.leader.leads()).toBe(false);
    expect(one.told).toEqual(["gained", "lost"]);
    shared.up = true;
    await jest.advanceTimersByTimeAsync(TERMS.retry);
    expect(one.leader.leads()).toBe(true);
  });

  test("one could lead once it has looked at the Lease, and still could while the API server is away", async () => {
    const shared = new Shared();
    shared.lease = await shared.create("another", TERMS.duration);
    shared.up = false;
    const one = contender(shared, "one");
    one.leader.start();
    await jest.advanceTimersByTimeAsync(3 * TERMS.retry);
    expect(one.leader.couldLead()).toBe(false);
    shared.up = true;
    await jest.advanceTimersByTimeAsync(TERMS.retry);
    expect([one.leader.couldLead(), one.leader.leads()]).toEqual([true, false]);
    shared.up = false;
    await jest.advanceTimersByTimeAsync(3 * TERMS.retry);
    expect(one.leader.couldLead()).toBe(true);
  });

  test("one that may read the free Lease but not write it could not lead", async () => {
    const shared = new Shared();
    shared.create = () => Promise.reject(new Error("403"));
    const one = contender(shared, "one");
    one.leader.start();
    await jest.advanceTimersByTimeAsync(3 * TERMS.retry);
    expect(one.leader.couldLead()).toBe(false);
  });

  test("one that was paused does not lead when it wakes, before any of its timers has run", async () => {
    const shared = new Shared();
    const one = contender(shared, "one");
    one.leader.start();
    await jest.advanceTimersByTimeAsync(10);
    const now = performance.now();
    const paused = jest.spyOn(performance, "now").mockReturnValue(now + TERMS.duration);
    expect(one.leader.leads()).toBe(false);
    paused.mockRestore();
  });
});
