/** A watch: what is asked for, and its events, read out of the stream one by one as they arrive. */
import type { IncomingMessage } from "node:http";
import { Lines, LineTooLong } from "./lines";

export type ChangeType = "ADDED" | "MODIFIED" | "DELETED";

export interface WatchEvent<T> {
  type: ChangeType | "BOOKMARK";
  object: T & { metadata: { resourceVersion: string } };
}

/** The watch cannot go on from its resourceVersion: changes are missing from here on. */
export class WatchOutdated extends Error {}

interface Status {
  code?: number;
  reason?: string;
  message?: string;
}

/** It ends after so many seconds, or up to twice as many; as client-go's. */
const WATCH_SECONDS = 300;

export function watchQuery(resourceVersion: string, random: () => number): Record<string, string> {
  return {
    watch: "true",
    allowWatchBookmarks: "true",
    resourceVersion,
    timeoutSeconds: String(Math.floor(WATCH_SECONDS * (1 + random()))),
  };
}

/**
 * Calls `receive` for each event, in order. Resolves when the stream has come to its end.
 *
 * @param longest most bytes that an event may have
 * @throws WatchOutdated when the API server says so, and when an event cannot be read, which would come again
 */
export async function readEvents<T>(
  response: IncomingMessage,
  longest: number,
  receive: (event: WatchEvent<T>) => void,
): Promise<void> {
  const lines = new Lines(longest);
  for await (const chunk of response as AsyncIterable<Buffer>) {
    try {
      for (const line of lines.push(chunk)) {
        if (line !== "") receive(parse(line));
      }
    } catch (error) {
      throw error instanceof LineTooLong
        ? new WatchOutdated(`an event is too large: ${error.message}`)
        : error;
    }
  }
}

function parse<T>(line: string): WatchEvent<T> {
  let event: { type: string; object: Status | WatchEvent<T>["object"] };
  try {
    event = JSON.parse(line) as typeof event;
  } catch (error) {
    throw new WatchOutdated("an event is not JSON", { cause: error });
  }
  if (event.type === "ERROR") {
    // Expired for the most part. Whatever else it is, it may come again at the same place for ever.
    const { code, reason, message } = event.object as Status;
    throw new WatchOutdated(`the watch failed: ${code ?? ""} ${reason ?? ""} ${message ?? ""}`);
  }
  return event as WatchEvent<T>;
}
