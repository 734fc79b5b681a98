/** What a plan is drawn with: the same seed and words give the same draws. */
import { chance } from "../testbed/fault-proxy/seeded";

export class Chance {
  #index = 0;

  constructor(
    private readonly seed: number,
    private readonly words: string,
  ) {}

  /** From 0 to below 1. */
  draw(): number {
    return chance(this.seed, this.words, this.#index++);
  }

  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.draw() * (most - least + 1));
  }

  /** True in this share of all cases. */
  happens(share: number): boolean {
    return this.draw() < share;
  }

  one<T>(values: readonly T[]): T {
    return values[Math.floor(this.draw() * values.length)]!;
  }

  /** By weights, which need not add up to anything. */
  weighted<T extends string>(weights: Record<T, number>): T {
    const entries = Object.entries(weights) as [T, number][];
    let left = this.draw() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [value, weight] of entries) {
      left -= weight;
      if (left < 0) return value;
    }
    return entries.at(-1)![0];
  }
}
