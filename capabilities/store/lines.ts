/** Cuts a stream of bytes into lines. */

const LINE_FEED = 0x0a;

export class LineTooLong extends Error {
  constructor(longest: number) {
    super(`a line has more than ${longest} bytes`);
  }
}

export class Lines {
  /** The beginning of a line whose end has not come yet. Decoded when it is whole: a character may be cut. */
  #begun: Buffer[] = [];
  #bytes = 0;

  /** @param longest most bytes that a line may have */
  constructor(private readonly longest: number) {}

  /**
   * The lines that this chunk completes, without their ends.
   *
   * @throws LineTooLong
   */
  *push(chunk: Buffer): Generator<string> {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      this.#add(chunk.subarray(start, end));
      start = end + 1;
      yield this.#take();
    }
    if (start < chunk.length) this.#add(chunk.subarray(start));
  }

  #add(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.longest) throw new LineTooLong(this.longest);
    this.#begun.push(part);
  }

  #take(): string {
    const [first] = this.#begun;
    const line = this.#begun.length === 1 ? first! : Buffer.concat(this.#begun, this.#bytes);
    this.#begun = [];
    this.#bytes = 0;
    return line.toString("utf8");
  }
}
