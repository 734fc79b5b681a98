/** The HTTPS server of the webhooks, on a free port of 127.0.0.1. */
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Identity } from "../../certificates";
import { answers, type Review } from "./answers";

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? "/", "https://localhost").pathname;
  const respond = answers[path];
  if (!respond) {
    response.writeHead(404).end();
    return;
  }
  const review = JSON.parse(await text(request)) as Review;
  const { apiVersion, kind, response: body } = respond(review);
  response
    .writeHead(200, { "content-type": "application/json" })
    .end(JSON.stringify({ apiVersion, kind, response: body }));
}

/** Starts to serve. @returns the server and its address, `https://127.0.0.1:<port>` */
export async function serveWebhooks(identity: Identity): Promise<{ server: Server; url: string }> {
  const server = createServer(
    { cert: identity.certificate, key: identity.privateKey },
    (request, response) => {
      answer(request, response).catch((error: unknown) => {
        console.error(`the webhook ${request.url} could not answer: ${String(error)}`);
        response.writeHead(500).end(String(error));
      });
    },
  );
  // A connection that this side closed after 5 s of idleness would lose what the API server sends on it just then.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return { server, url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
