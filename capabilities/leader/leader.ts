/**
 * Holding the Lease: of several controllers one acts, the others stand by.
 *
 * Nothing rests on it being exact. A holder that was paused and wakes up finds its time over before its
 * next write, and a write that is under way just then is guarded like every other.
 */
import type { V1Lease } from "@kubernetes/client-node";
import { statusOf } from "../kube/errors";
import { leaseStep, sighted, type LeaseTerms, type Sighting } from "./lease";
import type { LeaseStore } from "./lease-store";

export interface LeaderHooks {
  onGained: () => void;
  /** It may be too late to finish what is under way. */
  onLost: () => void;
  /** A look at the Lease, or a write of it, failed; it is tried again. */
  onFailure: (error: unknown) => void;
}

/** Milliseconds that only ever grow; not moved by someone setting the clock. */
const monotonic = () => performance.now();

export class Leader {
  #sighting: Sighting | undefined;
  /** The Lease as we last wrote it. */
  #held: V1Lease | undefined;
  /** Until when what we wrote lets us act. */
  #actsUntil = -Infinity;
  #acting = false;
  #couldLead = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  #lapse: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  /** @param me differs from the identity of every other process that may be running */
  constructor(
    private readonly store: Pick<LeaseStore, "read" | "create" | "take" | "renew" | "giveBack">,
    private readonly me: string,
    private readonly terms: LeaseTerms,
    private readonly hooks: LeaderHooks,
  ) {}

  /** Whether this process may act now; true only while our own renewal is fresh. */
  leads(): boolean {
    return this.#acting && monotonic() < this.#actsUntil;
  }

  /**
   * Whether this process has once read the Lease, and written it if it was free: that it may, and reaches the
   * API server. Stays true when the API server is away for a while.
   */
  couldLead(): boolean {
    return this.#couldLead;
  }

  /** Takes the Lease as soon as it is free, for as long as this process lives. */
  start(): void {
    if (!this.#stopped) this.#looking = this.#look();
  }

  /** Gives the Lease back, if it is ours, so that another can take it at once. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
    const held = this.#held;
    const wasOurs = this.leads();
    this.#lose();
    if (held === undefined || !wasOurs) return;
    await this.store.giveBack(held).catch((error: unknown) => this.hooks.onFailure(error));
  }

  async #look(): Promise<void> {
    if (!this.leads()) this.#lose();
    try {
      await this.#tryToHold();
      this.#couldLead = true;
    } catch (error) {
      this.hooks.onFailure(error);
    }
    if (this.#stopped) return;
    // Spread, so that several that wait do not come at once.
    const pause = this.terms.retry * (0.8 + 0.2 * Math.random());
    this.#timer = setTimeout(() => this.start(), pause);
  }

  /** As we know it, without a read: one answer that is late is better than two. */
  async #renewKnown(known: V1Lease): Promise<boolean> {
    const { duration, renewDeadline } = this.terms;
    const sentAt = monotonic();
    try {
      this.#held = await this.store.renew(known, duration);
    } catch (error) {
      // It was changed: by us, where the answer was lost, or by another.
      if (statusOf(error) !== 409) throw error;
      return false;
    }
    this.#gain(sentAt + renewDeadline);
    return true;
  }

  async #tryToHold(): Promise<void> {
    if (this.#held !== undefined && this.leads() && (await this.#renewKnown(this.#held))) return;
    const lease = await this.store.read();
    this.#sighting = sighted(lease?.spec, this.#sighting, monotonic());
    const step = leaseStep(lease?.spec, this.me, this.#sighting, monotonic());
    const { duration, renewDeadline } = this.terms;
    if (step === "wait") return this.#lose();
    // Counted from before the request is sent, as the others count from after it.
    const sentAt = monotonic();
    if (step === "create") this.#held = await this.store.create(this.me, duration);
    else if (step === "take") this.#held = await this.store.take(lease!, this.me, duration);
    else this.#held = await this.store.renew(lease!, duration);
    this.#gain(sentAt + renewDeadline);
  }

  #gain(until: number): void {
    this.#actsUntil = until;
    clearTimeout(this.#lapse);
    this.#lapse = setTimeout(() => this.#lose(), Math.max(0, until - monotonic()));
    if (this.#acting || !(monotonic() < until)) return;
    this.#acting = true;
    this.hooks.onGained();
  }

  #lose(): void {
    clearTimeout(this.#lapse);
    if (!this.#acting) return;
    this.#acting = false;
    this.#actsUntil = -Infinity;
    this.hooks.onLost();
  }
}
