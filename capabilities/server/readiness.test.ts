import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createServer, request, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { makeCertificates } from "../../testbed/certificates";
import "./https-server";
import { requireForReady } from "./readiness";

let server: Server;

beforeAll(async () => {
  const { serving } = await makeCertificates();
  const options = { cert: serving.certificate, key: serving.privateKey };
  server = createServer(options, ({ url }, response) =>
    response.writeHead(url === "/healthz" ? 200 : 404).end("pepr"),
  );
  await new Promise<void>(resolve => server.listen(0, resolve));
});
afterAll(() => void server.close());

function ask(method: string, path: string): Promise<{ status: number | undefined; text: string }> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const sent = request({ port, path, method, agent: false, rejectUnauthorized: false }, response => {
      let text = "";
      response.setEncoding("utf8");
      response
        .on("data", chunk => (text += chunk))
        .on("end", () => resolve({ status: response.statusCode, text }));
    });
    sent.on("error", reject).end();
  });
}

test("a process that requires nothing is ready when pepr is healthy", async () => {
  expect(await ask("GET", "/readyz")).toEqual({ status: 200, text: "pepr" });
});

test.each([
  { name: "another path", method: "GET", path: "/metrics" },
  { name: "a path that only begins so", method: "GET", path: "/readyz/more" },
  { name: "another method", method: "DELETE", path: "/readyz" },
])("pepr answers $name", async ({ method, path }) => {
  expect(await ask(method, path)).toEqual({ status: 404, text: "pepr" });
});

test("one that requires something says what it waits for, until all of it is there", async () => {
  const there = new Set<string>();
  for (const what of ["a first look at the Lease", "a list of runs"])
    requireForReady(what, () => there.has(what));
  const both = "Not ready. Waits for: a first look at the Lease; a list of runs.\n";
  expect(await ask("GET", "/readyz")).toEqual({ status: 503, text: both });
  there.add("a first look at the Lease");
  expect(await ask("GET", "/readyz?verbose")).toEqual({
    status: 503,
    text: "Not ready. Waits for: a list of runs.\n",
  });
  there.add("a list of runs");
  expect(await ask("GET", "/readyz")).toEqual({ status: 200, text: "pepr" });
});
