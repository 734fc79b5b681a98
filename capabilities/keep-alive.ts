/**
 * Lets idle connections of the API server live longer than the API server keeps them (Go's default for
 * idle connections is 90 s). Node's default of 5 s would close one just as a request is sent on it, and
 * under failurePolicy Fail that is a refused pod. Import it before pepr, which offers no setting for it.
 */
import type { RequestListener } from "node:http";
import https, { type Server, type ServerOptions } from "node:https";

const KEEP_ALIVE_MILLISECONDS = 120_000;

const createServer = https.createServer.bind(https) as (
  options: ServerOptions,
  listener?: RequestListener,
) => Server;

https.createServer = ((options: ServerOptions, listener?: RequestListener) => {
  const server = createServer(options, listener);
  server.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;
  return server;
}) as typeof https.createServer;
