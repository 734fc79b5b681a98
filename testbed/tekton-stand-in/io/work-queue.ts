/** A queue of keys: in order, one at a time for each key, with back-off after an error. */

/** Has the key that is worked on worked on once more, after that many milliseconds. */
export type Again = (milliseconds: number) => void;

export interface WorkQueueOptions {
  /** For log lines. */
  name: string;
  /** Keys that are worked on at once. */
  parallel: number;
  /** Told in a line when work failed and is tried again. */
  report: (line: string) => void;
  work: (key: string, again: Again) => Promise<void>;
}

const firstBackOffMilliseconds = 5;
const lastBackOffMilliseconds = 5000;
/** The longest delay a Node timer keeps; longer ones are looked at again then. */
const longestDelayMilliseconds = 2 ** 31 - 1;

export class WorkQueue {
  readonly #waiting = new Set<string>();
  readonly #working = new Set<string>();
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(private readonly options: WorkQueueOptions) {}

  /** Has the key worked on. A key that waits already is not added again; one being worked on comes once more. */
  add(key: string): void {
    if (this.#working.has(key)) this.#again.add(key);
    else this.#waiting.add(key);
    this.#next();
  }

  /** Has the key worked on after that many milliseconds; a later call takes the place of an earlier one. */
  addAfter(key: string, milliseconds: number): void {
    clearTimeout(this.#timers.get(key));
    const delay = Math.min(Math.max(0, Math.ceil(milliseconds)), longestDelayMilliseconds);
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      this.add(key);
    }, delay);
    this.#timers.set(key, timer);
  }

  /** Drops the key's timer and its count of failures; its object is gone. */
  forget(key: string): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    this.#failures.delete(key);
  }

  #next(): void {
    for (const key of this.#waiting) {
      if (this.#working.size >= this.options.parallel) return;
      this.#waiting.delete(key);
      this.#working.add(key);
      void this.#run(key);
    }
  }

  async #run(key: string): Promise<void> {
    try {
      await this.options.work(key, milliseconds => this.addAfter(key, milliseconds));
      this.#failures.delete(key);
    } catch (error) {
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      const delay = Math.min(firstBackOffMilliseconds * 2 ** (failures - 1), lastBackOffMilliseconds);
      this.options.report(
        `${this.options.name} ${key}: ${(error as Error).message}; trying again in ${delay} ms`,
      );
      this.addAfter(key, delay);
    } finally {
      this.#working.delete(key);
      if (this.#again.delete(key)) this.#waiting.add(key);
      this.#next();
    }
  }
}
