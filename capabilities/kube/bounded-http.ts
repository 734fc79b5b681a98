/**
 * Sends no more requests at once than there are connections; the others wait for their turn here.
 *
 * By Node's own client, not the library's node-fetch 2.7: that takes a connection which Node's agent hands to the next
 * request before the response of the last has closed for one that broke in the middle of that response ("Premature
 * close"), and it uses twice the processor time.
 */
import {
  ResponseContext,
  wrapHttpLibrary,
  type HttpLibrary,
  type RequestContext,
} from "@kubernetes/client-node";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { counted, verbOf } from "../metrics/requests";

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

/** @throws Error when the answer, or the rest of it, has not come in time, and when the connection breaks */
function answerTo(request: RequestContext, timeoutMilliseconds: number): Promise<ResponseContext> {
  const url = request.getUrl();
  const { request: open } = url.startsWith("http:") ? http : https;
  const body = request.getBody() as string | undefined;
  const headers = { ...request.getHeaders() };
  // Node itself sends none with a deletion, and its body would be taken for the beginning of the next request.
  if (body !== undefined) headers["Content-Length"] = String(Buffer.byteLength(body));
  return new Promise((resolve, reject) => {
    const sent = open(url, {
      method: request.getHttpMethod(),
      headers,
      agent: request.getAgent() as https.Agent | undefined,
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    sent.on("error", reject);
    sent.on("response", (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const bytes = Buffer.concat(chunks);
        const whole = { text: async () => bytes.toString("utf8"), binary: async () => bytes };
        const told = response.headers as Record<string, string>;
        resolve(new ResponseContext(response.statusCode ?? 0, told, whole));
      });
    });
    sent.end(body);
  });
}

const statusOf = (answer: unknown): number | undefined =>
  answer instanceof ResponseContext ? answer.httpStatusCode : undefined;

/**
 * @param connections most requests at once; an answer counts until it has been read to its end
 * @param timeoutMilliseconds for a request and its answer, from when its turn has come
 */
export function boundedHttp(connections: number, timeoutMilliseconds: number): HttpLibrary {
  const turns = new Turns(connections);
  return wrapHttpLibrary({
    send: async (request: RequestContext) => {
      await turns.take();
      try {
        const verb = verbOf(request.getHttpMethod(), request.getUrl());
        return await counted(verb, answerTo(request, timeoutMilliseconds), statusOf);
      } finally {
        // Not before the connection is free again.
        setImmediate(() => turns.giveBack());
      }
    },
  });
}
