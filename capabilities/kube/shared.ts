/** One read for all who ask for the same at the same time, and for a moment after it. */
export class Shared<T> {
  readonly #reads = new Map<string, { since: number; value: Promise<T> }>();

  constructor(private readonly milliseconds: number) {}

  /** @throws whatever the read throws; the next to ask reads again */
  get(key: string, read: () => Promise<T>): Promise<T> {
    const now = performance.now();
    for (const [old, { since }] of this.#reads) {
      if (now - since <= this.milliseconds) break;
      this.#reads.delete(old);
    }
    const known = this.#reads.get(key);
    if (known !== undefined) return known.value;
    const value = read();
    this.#reads.set(key, { since: now, value });
    value.catch(() => {
      if (this.#reads.get(key)?.value === value) this.#reads.delete(key);
    });
    return value;
  }
}
