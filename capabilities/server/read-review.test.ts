import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readingReviews } from "./read-review";

let server: Server;
beforeEach(async () => {
  server = createServer(
    readingReviews((request, response) => {
      const { body } = request as IncomingMessage & { body?: { request: { uid: string } } };
      response.end(`uid ${body?.request.uid}`);
    }),
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function send(body?: string): Promise<[number, string]> {
  const { port } = server.address() as AddressInfo;
  const method = body === undefined ? "GET" : "POST";
  const answer = await fetch(`http://127.0.0.1:${port}/`, { method, body });
  return [answer.status, await answer.text()];
}
const review = (padding: string) =>
  JSON.stringify({
    request: { uid: "1", operation: "CREATE", kind: { kind: "Pod" }, object: { metadata: {}, padding } },
  });

test.each<[string, string | undefined, number, string]>([
  ["a request without a body", undefined, 200, "uid undefined"],
  ["a review", review(""), 200, "uid 1"],
  ["a review of 6 MB", review("x".repeat(6_000_000)), 200, "uid 1"],
  ["one of 8 MB", review("x".repeat(8_000_000)), 413, "more than 7340032 bytes"],
  ["nothing", "", 400, "not JSON"],
  ["half a review", review("").slice(0, -5), 400, "not JSON"],
  ["something else", "{}", 400, "request must be an object"],
])("%s", async (_name, body, status, text) => {
  const answer = await send(body);
  expect(answer).toEqual([status, expect.stringContaining(text)]);
});
