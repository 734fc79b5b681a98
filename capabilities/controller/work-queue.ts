/**
 * Keys to work on: each at most once at a time, equal ones merged, a bounded number at once, and again
 * after a growing pause when the work failed. Watch events carry no order and no retries; this does.
 *
 * They wait in two lines, served by turns: whom something was waited for that has happened does not wait behind
 * everybody who has just come.
 */
export interface WorkQueueOptions {
  /** Most keys worked on at once. */
  workers: number;
  /** Milliseconds before the first retry; doubled with each failure in a row. */
  retryBaseMilliseconds: number;
  /** Most milliseconds before a retry. */
  retryLimitMilliseconds: number;
  /** Told of every failure, with the milliseconds until the retry. */
  onFailure: (key: string, error: unknown, retryMilliseconds: number) => void;
  /** Milliseconds that have to pass before the retry at least, because of the error. Default: none. */
  leastPause?: (error: unknown) => number | undefined;
  /** From 0 to 1; spreads retries. Default: Math.random. */
  random?: () => number;
}

/**
 * @param failures how often the work on the key has failed in a row before
 * @returns milliseconds after which the key is to be worked on again, whatever happens; undefined when
 * only an event shall bring it back
 */
export type Work = (key: string, failures: number) => Promise<number | undefined>;

/** The longest that a timer can be set for. */
const MOST_MILLISECONDS = 2 ** 31 - 1;

/** Between half of the pause and the whole of it. */
export function retryDelay(
  failures: number,
  base: number,
  limit: number,
  random: () => number = Math.random,
): number {
  const pause = Math.min(limit, base * 2 ** Math.min(failures - 1, 30));
  return pause / 2 + (pause / 2) * random();
}

/** The line that a key waits in. */
export type Line = "new" | "continued";

export class WorkQueue {
  readonly #waiting: Record<Line, Set<string>> = { new: new Set(), continued: new Set() };
  /** The line that is served next, unless it is empty. */
  #turn: Line = "new";
  readonly #running = new Set<string>();
  /** Keys that were added while they were worked on, and the line for them then. */
  readonly #again = new Map<string, Line>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #failures = new Map<string, number>();
  /** Milliseconds on the process's clock before which a key is not worked on, because of its error. */
  readonly #notBefore = new Map<string, number>();
  /** Whether workers start when what is told at the same time has been heard. */
  #isStarting = false;
  /** How often all keys have been forgotten. */
  #clears = 0;
  /** Called when nothing is worked on any more. */
  readonly #whenIdle: (() => void)[] = [];

  constructor(
    private readonly work: Work,
    private readonly options: WorkQueueOptions,
  ) {}

  /** Keys that wait for a worker or for their time. */
  get size(): number {
    const { new: fresh, continued } = this.#waiting;
    return fresh.size + continued.size + this.#again.size + this.#timers.size;
  }

  /** Keys that wait for a worker. */
  get depth(): number {
    return this.#waiting.new.size + this.#waiting.continued.size;
  }

  /** Keys that are worked on. */
  get working(): number {
    return this.#running.size;
  }

  /** Keys that wait for their time, or for a retry. */
  get delayed(): number {
    return this.#timers.size;
  }

  /**
   * To be worked on now; after a failure not before the pause that its error asks for.
   *
   * @param line a key that waits in the line "new" changes to "continued" when it is added there, never back
   */
  add(key: string, line: Line = "new"): void {
    const pause = (this.#notBefore.get(key) ?? 0) - performance.now();
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    if (pause > 0) return this.addAfter(key, pause);
    this.#notBefore.delete(key);
    if (this.#running.has(key)) {
      if (this.#again.get(key) !== "continued") this.#again.set(key, line);
    } else if (!this.#waiting.continued.has(key)) {
      this.#waiting.new.delete(key);
      this.#waiting[line].add(key);
    }
    this.#startSoon();
  }

  /** Adds the key after a pause; an earlier time that is already set stays. */
  addAfter(key: string, milliseconds: number): void {
    const places = [this.#timers, this.#again, ...Object.values(this.#waiting)];
    if (places.some(place => place.has(key))) return;
    const due = () => {
      this.#timers.delete(key);
      this.add(key);
    };
    this.#timers.set(key, setTimeout(due, Math.min(milliseconds, MOST_MILLISECONDS)).unref());
  }

  /** Forgets all keys. Resolves when what is worked on has come to its end; it is not begun again. */
  clear(): Promise<void> {
    this.#clears++;
    this.#timers.forEach(timer => clearTimeout(timer));
    for (const keys of Object.values(this.#waiting)) keys.clear();
    for (const keys of [this.#again, this.#timers, this.#failures, this.#notBefore]) keys.clear();
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise(resolve => this.#whenIdle.push(resolve));
  }

  /** Watches tell of many changes at a time: a key that several of them are about is worked on once. */
  #startSoon(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    setImmediate(() => {
      this.#isStarting = false;
      this.#startWorkers();
    });
  }

  #startWorkers(): void {
    while (this.#running.size < this.options.workers) {
      const key = this.#takeNext();
      if (key === undefined) return;
      this.#running.add(key);
      void this.#run(key);
    }
  }

  #takeNext(): string | undefined {
    const other: Line = this.#turn === "new" ? "continued" : "new";
    const line = this.#waiting[this.#turn].size > 0 ? this.#turn : other;
    this.#turn = other;
    const [key] = this.#waiting[line];
    if (key !== undefined) this.#waiting[line].delete(key);
    return key;
  }

  async #run(key: string): Promise<void> {
    const clears = this.#clears;
    let after: number | undefined;
    try {
      after = await this.work(key, this.#failures.get(key) ?? 0);
      this.#failures.delete(key);
      this.#notBefore.delete(key);
    } catch (error) {
      after = this.#noteFailure(key, error);
    }
    this.#running.delete(key);
    if (clears !== this.#clears) this.#forget(key);
    else if (after !== undefined) this.addAfter(key, after);
    // What was added meanwhile has not been seen.
    const line = this.#again.get(key);
    this.#again.delete(key);
    if (line !== undefined) this.add(key, line);
    this.#startWorkers();
    if (this.#running.size === 0) this.#whenIdle.splice(0).forEach(tell => tell());
  }

  /** It was worked on when all were forgotten. */
  #forget(key: string): void {
    this.#failures.delete(key);
    this.#notBefore.delete(key);
  }

  #noteFailure(key: string, error: unknown): number {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const { retryBaseMilliseconds, retryLimitMilliseconds, random, onFailure, leastPause } = this.options;
    const backOff = retryDelay(failures, retryBaseMilliseconds, retryLimitMilliseconds, random);
    const least = leastPause?.(error) ?? 0;
    if (least > 0) this.#notBefore.set(key, performance.now() + least);
    const delay = Math.max(backOff, least);
    onFailure(key, error, delay);
    return delay;
  }
}
