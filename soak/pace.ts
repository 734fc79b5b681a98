/** How fast time counts: on a machine that others keep busy, bounds would measure the others. */

/** Of a read of the API server on a machine that has time for it. */
const ORDINARY_MILLISECONDS = 50;
/** Samples that are older are asked for no more. */
const KEPT_MILLISECONDS = 120_000;

interface Sample {
  /** Milliseconds since the epoch. */
  at: number;
  /** Milliseconds that counted until then. */
  counted: number;
}

/**
 * A clock that goes slower while a small read takes longer than 50 ms, in proportion: while it takes 500 ms, a
 * second counts for 100 ms.
 */
export class Pace {
  #samples: Sample[];
  #slow = 0;

  constructor(start: number) {
    this.#samples = [{ at: start, counted: start }];
  }

  /** @param latency milliseconds that the read took which came to its end now */
  sample(at: number, latency: number): void {
    const last = this.#samples.at(-1)!;
    const passed = Math.max(0, at - last.at);
    const counted = passed * Math.min(1, ORDINARY_MILLISECONDS / latency);
    this.#slow += passed - counted;
    this.#samples.push({ at, counted: last.counted + counted });
    if (this.#samples[0]!.at + 2 * KEPT_MILLISECONDS < at) {
      this.#samples = this.#samples.filter(sample => sample.at + KEPT_MILLISECONDS > at);
    }
  }

  /** Milliseconds that did not count. */
  get lost(): number {
    return this.#slow;
  }

  /** What had counted at a time; times after the last sample count in full. */
  counted(at: number): number {
    const next = this.#samples.findIndex(sample => sample.at >= at);
    const last = this.#samples.at(-1)!;
    if (next === -1) return last.counted + (at - last.at);
    const after = this.#samples[next]!;
    const before = this.#samples[next - 1];
    if (before === undefined) return after.counted - (after.at - at);
    const share = (at - before.at) / (after.at - before.at);
    return before.counted + share * (after.counted - before.counted);
  }
}
