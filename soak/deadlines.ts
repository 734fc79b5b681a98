/** Conditions that may last for a bounded time only, as far as that time is calm. */

interface Open {
  since: number;
  told: boolean;
}

/**
 * Time counts from when a condition began or the calm did, whichever was later. One that came to its end
 * counts as checked only when the calm went on until it would have been overdue: else it could not have failed.
 */
export class Deadlines {
  readonly #open = new Map<string, Open>();
  /** When the time of each that ended in this calm began to count. */
  #ended: number[] = [];
  #checked = 0;
  #calmSince: number | undefined;

  constructor(readonly boundMilliseconds: number) {}

  /** @param holds whether the condition holds for the subject now */
  note(subject: string, holds: boolean, at: number): void {
    const open = this.#open.get(subject);
    if (holds && open === undefined) this.#open.set(subject, { since: at, told: false });
    if (holds || open === undefined) return;
    this.#open.delete(subject);
    if (this.#calmSince !== undefined && !open.told) this.#ended.push(this.#start(open));
  }

  #start({ since }: Open): number {
    return Math.max(since, this.#calmSince ?? Infinity);
  }

  /** Subjects whose condition holds. */
  subjects(): string[] {
    return [...this.#open.keys()];
  }

  phase(isCalm: boolean, at: number): void {
    if (isCalm === (this.#calmSince !== undefined)) return;
    if (!isCalm) this.#checked += this.#ended.filter(start => start + this.boundMilliseconds <= at).length;
    this.#ended = [];
    this.#calmSince = isCalm ? at : undefined;
    for (const open of this.#open.values()) open.told = false;
  }

  /** Subjects whose condition has lasted for too long; each is told once in a calm. */
  overdue(now: number): string[] {
    if (this.#calmSince === undefined) return [];
    const late = [...this.#open].filter(
      ([, open]) => !open.told && this.#start(open) + this.boundMilliseconds < now,
    );
    for (const [, open] of late) open.told = true;
    this.#checked += late.length;
    return late.map(([subject]) => subject);
  }

  /** Complete only when the last calm has been ended with `phase`. */
  checked(): number {
    return this.#checked;
  }
}
