/**
 * The HTTPS server that pepr makes, with what pepr has no setting for. Import it before pepr.
 *
 * - Each connection carries one request. One that is kept idle is closed by one side in the end, and a request
 *   that the API server sends on it just then is lost, which under failurePolicy Fail is a refused run or pod
 *   (it sends none twice). Nor do connections stay with a pod that stops, or with a node that has gone.
 * - A certificate that changes on disk is taken up without a restart (certificate.ts).
 * - It can be stopped without losing a request.
 * - It answers /readyz itself (readiness.ts).
 * - What is no AdmissionReview is answered before pepr sees it (read-review.ts).
 */
import { once } from "node:events";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import https, { type Server, type ServerOptions } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { readingReviews } from "./read-review";
import { answeringReadiness } from "./readiness";

export interface Drain {
  /** It goes on listening until no request for admission has come for so long, in milliseconds. */
  quiet: number;
  /** It stops listening after so many milliseconds at the latest. */
  longest: number;
}

/** Services learn of a pod that stops only by and by. Within what stop.ts allows. */
const DRAIN: Drain = { quiet: 5_000, longest: 20_000 };

const createServer = https.createServer.bind(https) as (
  options: ServerOptions,
  listener?: RequestListener,
) => Server;

const servers = new Set<Server>();
/** Milliseconds of the epoch. */
let lastReview = 0;

function begin(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader("Connection", "close");
  if (request.method === "POST") lastReview = Date.now();
}

https.createServer = ((options: ServerOptions, listener?: RequestListener) => {
  const server = createServer(options);
  server.on("request", begin);
  if (listener !== undefined) server.on("request", answeringReadiness(readingReviews(listener)));
  servers.add(server);
  return server;
}) as typeof https.createServer;

/** Every server answers with this pair from the next connection on. */
export function useCertificate(pair: { certificate: Buffer; key: Buffer }): void {
  for (const server of servers) server.setSecureContext({ cert: pair.certificate, key: pair.key });
}

/** When to stop listening; this and the times of the arguments are in milliseconds of the epoch. */
export function endOfDrain({ quiet, longest }: Drain, start: number, lastReview: number): number {
  return Math.min(Math.max(start, lastReview) + quiet, start + longest);
}

/**
 * Goes on serving while requests are still sent here, then stops listening. Resolves when the last connection
 * has ended.
 */
export async function stopServing(drain: Drain = DRAIN): Promise<void> {
  const start = Date.now();
  const left = () => endOfDrain(drain, start, lastReview) - Date.now();
  while (left() > 0) await delay(left());
  await Promise.all(
    [...servers].map(async server => {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      await closed;
    }),
  );
}
