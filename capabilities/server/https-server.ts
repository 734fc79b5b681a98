/**
 * The HTTPS server that pepr makes, with what pepr has no setting for. Import it before pepr.
 *
 * - A request that the API server sends on a connection which is being closed is lost: it sends none twice, and
 *   under failurePolicy Fail a run or pod is refused. So an idle connection is left to the API server to close, and
 *   one that ends here is ended by an answer that says so: when it is old, so that none stays with one pod for ever,
 *   and while the process stops.
 * - A certificate that changes on disk is taken up without a restart (certificate.ts).
 * - It can be stopped without losing a request.
 * - It answers /readyz itself (readiness.ts).
 * - Connections of one address, and the time for a request, are bounded.
 * - What is no AdmissionReview is answered before pepr sees it (read-review.ts), and what does not come from the API
 *   server, where that can be told (client-certificate.ts).
 */
import { once } from "node:events";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import https, { type Server, type ServerOptions } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { measuringReviews } from "../metrics/admission";
import { askingForCertificates, clientAuthority, requiringCertificates } from "./client-certificate";
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

/**
 * Longer than the API server keeps a connection without a request: 90 s, IdleConnTimeout of Go's default transport,
 * see SetOldTransportDefaults in k8s.io/apimachinery/pkg/util/net/http.go.
 */
const IDLE_MILLISECONDS = 180_000;
const OLDEST_MILLISECONDS = 60_000;

/** More than the API server has under way at once (--max-requests-inflight and its mutating part come to 600). */
const MOST_CONNECTIONS_OF_ADDRESS = 1_000;
const MOST_CONNECTIONS = 4_000;
/** In which a handshake, and then the head of a request that has begun, has come; and then all of it. */
const HEAD_MILLISECONDS = 10_000;
const REQUEST_MILLISECONDS = 30_000;

const servers = new Set<Server>();
/** Milliseconds of the epoch. */
let lastReview = 0;
let isStopping = false;
/** By connection: when it was opened, in milliseconds of the epoch. */
const opened = new WeakMap<Socket, number>();

/** Whether the answer is the last one on its connection. Probes come on connections of their own. */
export function isLast(method: string | undefined, ageMilliseconds: number, isStopping: boolean): boolean {
  return method !== "POST" || isStopping || ageMilliseconds > OLDEST_MILLISECONDS;
}

function begin(request: IncomingMessage, response: ServerResponse): void {
  const now = Date.now();
  const age = now - (opened.get(request.socket) ?? now);
  if (isLast(request.method, age, isStopping)) response.setHeader("Connection", "close");
  if (request.method === "POST") lastReview = now;
}

/**
 * What becomes of a connection that node gives up: too slow, or no HTTP.
 *
 * One on which no request has begun is left open, as an idle one is. The API server dials more than it uses: Go's
 * transport dials for each request that finds no connection idle, and may then send it on another. A request that comes
 * while node gives such a spare up would be answered by 408, and a run refused. The others end as they do without a
 * listener, see socketOnError in node's lib/_http_server.js.
 */
function leaveOrEnd(error: NodeJS.ErrnoException, socket: Socket): void {
  const isLate = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
  if (isLate && socket.bytesRead === 0) {
    socket.setTimeout(IDLE_MILLISECONDS);
    return;
  }
  const isHttp = isLate || error.code?.startsWith("HPE_");
  // Of a handshake that failed, or took too long, nothing is left to be said.
  if (!isHttp || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = isLate ? "408 Request Timeout" : "400 Bad Request";
  socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
  socket.destroySoon();
}

/** One address keeps none of the others from connecting. */
export function boundConnections(server: Server, mostOfAddress = MOST_CONNECTIONS_OF_ADDRESS): void {
  const open = new Map<string, number>();
  server.maxConnections = MOST_CONNECTIONS;
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    const count = (open.get(address) ?? 0) + 1;
    if (count > mostOfAddress) return socket.destroy();
    open.set(address, count);
    socket.once("close", () => {
      const left = open.get(address)! - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
}

https.createServer = ((options: ServerOptions, listener?: RequestListener) => {
  const authority = clientAuthority(process.env);
  const asking = askingForCertificates(authority);
  const server = createServer({ ...options, ...asking, handshakeTimeout: HEAD_MILLISECONDS });
  server.keepAliveTimeout = IDLE_MILLISECONDS;
  server.headersTimeout = HEAD_MILLISECONDS;
  server.requestTimeout = REQUEST_MILLISECONDS;
  boundConnections(server);
  server.on("secureConnection", (socket: Socket) => opened.set(socket, Date.now()));
  server.on("clientError", leaveOrEnd);
  server.on("request", begin);
  if (listener !== undefined) {
    const reviews = requiringCertificates(authority, readingReviews(listener));
    server.on("request", answeringReadiness(measuringReviews(reviews)));
  }
  servers.add(server);
  return server;
}) as typeof https.createServer;

/** Every server answers with this pair from the next connection on. */
export function useCertificate(pair: { certificate: Buffer; key: Buffer }): void {
  const ca = clientAuthority(process.env);
  for (const server of servers) server.setSecureContext({ cert: pair.certificate, key: pair.key, ca });
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
  isStopping = true;
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
