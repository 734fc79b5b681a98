/**
 * Sends no more requests at once than there are connections; the others wait for their turn here.
 *
 * Waiting in Node's agent is no good: a connection that it hands to the next request before the response of the
 * last has closed is taken by node-fetch 2.7 for one that broke in the middle of that response ("Premature
 * close"), so a busy process would see its reads fail.
 */
import {
  IsomorphicFetchHttpLibrary,
  ResponseContext,
  wrapHttpLibrary,
  type HttpLibrary,
  type RequestContext,
} from "@kubernetes/client-node";

class Turns {
  readonly #waiting: (() => void)[] = [];

  constructor(private free: number) {}

  async take(): Promise<void> {
    if (this.free > 0) this.free--;
    else await new Promise<void>(resolve => this.#waiting.push(resolve));
  }

  giveBack(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.free++;
    else next();
  }
}

/**
 * @param connections most requests at once; an answer counts until it has been read to its end
 * @param timeoutMilliseconds for a request and its answer, from when its turn has come
 */
export function boundedHttp(connections: number, timeoutMilliseconds: number): HttpLibrary {
  const inner = new IsomorphicFetchHttpLibrary();
  const turns = new Turns(connections);
  return wrapHttpLibrary({
    send: async (request: RequestContext) => {
      await turns.take();
      try {
        request.setSignal(AbortSignal.timeout(timeoutMilliseconds));
        const response = await inner.send(request).toPromise();
        const body = await response.body.binary();
        const whole = { text: async () => body.toString("utf8"), binary: async () => body };
        return new ResponseContext(response.httpStatusCode, response.headers, whole);
      } finally {
        // Not before the connection is free again.
        setImmediate(() => turns.giveBack());
      }
    },
  });
}
