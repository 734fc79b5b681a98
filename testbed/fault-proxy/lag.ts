/** Events of one watch that arrive late: each by a time of its own, and never before an earlier one. */

export interface LagOptions {
  /** Milliseconds. An event is late by anything from 0 to this: mostly by little, now and then by much. */
  longestMilliseconds: number;
}

interface Late {
  due: number;
  deliver: () => void;
}

export class Lag {
  /** Those that have not arrived, in order. */
  readonly #late: Late[] = [];
  #timer: NodeJS.Timeout | undefined;
  #incomplete = "";

  /** @param draw from 0 to below 1, a new one at every call */
  constructor(
    private readonly draw: () => number,
    private readonly longestMilliseconds: () => number,
    private readonly deliver: (event: string) => void,
  ) {}

  /** Takes the text of a watch as it comes; an event is a line. */
  take(chunk: string): void {
    const lines = (this.#incomplete + chunk).split("\n");
    this.#incomplete = lines.pop()!;
    for (const line of lines) this.#later(() => this.deliver(`${line}\n`));
  }

  /** The stream has ended: that arrives after all its events. */
  end(deliver: () => void): void {
    this.#later(deliver);
  }

  /** Lets all that is late arrive now. */
  flush(): void {
    this.#arrive(Infinity);
  }

  /** Nothing arrives any more. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#late.length = 0;
  }

  #later(deliver: () => void): void {
    const due = Date.now() + this.longestMilliseconds() * this.draw() ** 3;
    this.#late.push({ due: Math.max(due, this.#late.at(-1)?.due ?? 0), deliver });
    this.#arrive(Date.now());
  }

  #arrive(now: number): void {
    clearTimeout(this.#timer);
    while (this.#late.length > 0 && this.#late[0]!.due <= now) this.#late.shift()!.deliver();
    const next = this.#late[0];
    if (next !== undefined)
      this.#timer = setTimeout(() => this.#arrive(Date.now()), Math.max(1, next.due - Date.now()));
  }
}
