/** How long to wait before the next try: not at all the first time, then twice as long each time. */

export interface BackOffOptions {
  /** Milliseconds before the second try. */
  first: number;
  /** Most milliseconds, before whatever try. */
  longest: number;
  /** At least 0 and less than 1. */
  random: () => number;
}

export class BackOff {
  #failures = 0;

  constructor(private readonly options: BackOffOptions) {}

  /** @param retryAfter milliseconds that the API server asks to be left alone for */
  next(retryAfter = 0): number {
    const { first, longest, random } = this.options;
    const failures = this.#failures++;
    const most = failures === 0 ? 0 : Math.min(longest, first * 2 ** (failures - 1));
    // Spread, so that many that fail together do not come back together.
    const spread = most * (0.5 + 0.5 * random());
    return Math.max(spread, retryAfter);
  }

  reset(): void {
    this.#failures = 0;
  }
}
