/**
 * How much is compared for one run: who writes it decides how many tasks, terms and expressions there are, and no run may
 * stop the others. Far above what a real run needs; beyond it people are told.
 */
const MOST_COMPARISONS = 1_000_000;

export class Effort {
  private left = MOST_COMPARISONS;

  /** @returns false when there is no more left: then nothing further is to be compared */
  takes(comparisons: number): boolean {
    this.left -= comparisons;
    return !this.isSpent;
  }

  get isSpent(): boolean {
    return this.left < 0;
  }
}
