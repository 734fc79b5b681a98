/** Reads a list page by page. A page that becomes too large is given up, and asked for in smaller parts. */
import type { IncomingMessage } from "node:http";
import { FIRST_LIMIT, nextLimit, smallerLimit } from "./page-size";

export interface ListBytes {
  /** About so many are read at once. */
  wanted: number;
  /** Most that a page may have. */
  largest: number;
}

export interface Page<T> {
  objects: T[];
  /** Of the whole list; only on the last page. */
  resourceVersion: string | undefined;
}

interface ListBody<T> {
  metadata: { resourceVersion: string; continue?: string };
  items: T[] | null;
}

export class Listing {
  #limit = FIRST_LIMIT;
  #continue: string | undefined;

  constructor(private readonly bytes: ListBytes) {}

  /** What to ask for next; the same again after a failure. */
  get query(): Record<string, string> {
    const limit = { limit: String(this.#limit) };
    return this.#continue === undefined ? limit : { ...limit, continue: this.#continue };
  }

  /**
   * @returns no objects when they are to be asked for in smaller parts
   * @throws Error when not even one object is small enough
   */
  async read<T>(response: IncomingMessage): Promise<Page<T>> {
    const body = await readUpTo(response, this.bytes.largest);
    if (body === undefined) {
      this.#limit = smallerLimit(this.#limit);
      return { objects: [], resourceVersion: undefined };
    }
    const { metadata, items } = JSON.parse(body.toString("utf8")) as ListBody<T>;
    const objects = items ?? [];
    this.#limit = nextLimit(this.#limit, { items: objects.length, bytes: body.length }, this.bytes.wanted);
    this.#continue = metadata.continue || undefined;
    const isLast = this.#continue === undefined;
    return { objects, resourceVersion: isLast ? metadata.resourceVersion : undefined };
  }
}

/** The resourceVersion of a list; what is in it does not matter. */
export async function resourceVersionOf(response: IncomingMessage, largestBytes: number): Promise<string> {
  const body = await readUpTo(response, largestBytes);
  if (body === undefined) throw new Error(`an object has more than ${largestBytes} bytes`);
  return (JSON.parse(body.toString("utf8")) as ListBody<unknown>).metadata.resourceVersion;
}

/** @returns undefined when it has more bytes; the connection is closed then */
async function readUpTo(response: IncomingMessage, largestBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > largestBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}
