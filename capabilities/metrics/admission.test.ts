import { afterEach, expect, test } from "@jest/globals";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { measuringReviews } from "./admission";
import { registry } from "./registry";

let server: Server | undefined;
afterEach(() => void server?.close());

/** What is counted of a request with this body, once it was answered. */
async function countedOf(body: unknown): Promise<string[]> {
  registry.resetMetrics();
  server = createServer(
    measuringReviews((request, response) => {
      Object.assign(request, { body });
      response.writeHead(200).end();
    }),
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await (await fetch(url, { method: "POST", body: "{}" })).text();
  await (await fetch(url)).text();
  const text = await registry.metrics();
  return text.split("\n").filter(line => line.startsWith("pod_affinity_admission_duration_seconds_count"));
}

const counted = (kind: string, operation: string) => [
  `pod_affinity_admission_duration_seconds_count{kind="${kind}",operation="${operation}",code="200"} 1`,
];

test("a request is counted by what it asks, and others than those for admission are not", async () => {
  const request = { kind: { kind: "Pod" }, operation: "CREATE" };
  expect(await countedOf({ request })).toEqual(counted("Pod", "CREATE"));
});

test.each([
  ["nothing", undefined],
  ["a kind that somebody made up", { request: { kind: { kind: "x" }, operation: "y" } }],
  ["a kind that is no text", { request: { kind: { kind: {} }, operation: 1 } }],
])("labels do not grow with what is sent: %s", async (_name, body) => {
  expect(await countedOf(body)).toEqual(counted("other", "other"));
});
