/**
 * The HTTPS server that pepr makes, with what pepr has no setting for. Import it before pepr.
 *
 * - Idle connections outlive those of the API server (Go's default is 90 s). Node's default of 5 s would close
 *   one just as a request is sent on it, and under failurePolicy Fail that is a refused pod.
 * - A certificate that changes on disk is taken up without a restart (certificate.ts).
 * - It can be stopped without losing a request.
 * - What is no AdmissionReview is answered before pepr sees it (read-review.ts).
 */
import { once } from "node:events";
import type { RequestListener, ServerResponse } from "node:http";
import https, { type Server, type ServerOptions } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { readingReviews } from "./read-review";

const KEEP_ALIVE_MILLISECONDS = 120_000;
/** For so long after SIGTERM requests still arrive: Services learn of a pod that stops only by and by. */
const DRAIN_MILLISECONDS = 5_000;

const createServer = https.createServer.bind(https) as (
  options: ServerOptions,
  listener?: RequestListener,
) => Server;

const servers = new Set<Server>();
let stopping = false;

/** Each answer given while stopping is the last of its connection, so that the client opens none anew here. */
function endConnectionWhenStopping(response: ServerResponse): void {
  if (stopping) response.setHeader("Connection", "close");
}

https.createServer = ((options: ServerOptions, listener?: RequestListener) => {
  const server = createServer(options);
  server.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;
  server.on("request", (_request, response) => endConnectionWhenStopping(response));
  if (listener !== undefined) server.on("request", readingReviews(listener));
  servers.add(server);
  return server;
}) as typeof https.createServer;

/** Every server answers with this pair from the next connection on. */
export function useCertificate(pair: { certificate: Buffer; key: Buffer }): void {
  for (const server of servers) server.setSecureContext({ cert: pair.certificate, key: pair.key });
}

/**
 * Goes on serving while requests may still be sent here, then stops listening. Resolves when the last
 * connection has ended.
 */
export async function stopServing(drainMilliseconds = DRAIN_MILLISECONDS): Promise<void> {
  stopping = true;
  await delay(drainMilliseconds);
  await Promise.all(
    [...servers].map(async server => {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      await closed;
    }),
  );
}
