import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { stringify } from "yaml";
import { makeCertificates } from "../../testbed/certificates";
import { kubeClients } from "./client";

const REQUESTS = 200;
const CONNECTIONS = 3;
/** Keys are made, on a machine that may be busy. */
const LONGEST_MILLISECONDS = 60_000;
let directory: string;
let kubeconfigFile: string;
let mostAtOnce = 0;
let atOnce = 0;
let server: ReturnType<typeof createServer>;

beforeAll(async () => {
  const { authority, serving } = await makeCertificates();
  server = createServer({ cert: serving.certificate, key: serving.privateKey }, (_request, response) => {
    mostAtOnce = Math.max(mostAtOnce, ++atOnce);
    response.writeHead(200, { "content-type": "application/json" });
    // In two chunks, so that its length is not known; they go out together.
    response.write('{"kind": "Namespace", ');
    response.end('"metadata": {"name": "there"}}', () => atOnce--);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  directory = await mkdtemp(join(tmpdir(), "bounded-http-"));
  kubeconfigFile = join(directory, "kubeconfig");
  const cluster = {
    server: `https://localhost:${(server.address() as AddressInfo).port}`,
    "certificate-authority-data": Buffer.from(authority).toString("base64"),
  };
  const text = stringify({
    ...{ apiVersion: "v1", kind: "Config", "current-context": "it" },
    clusters: [{ name: "it", cluster }],
    users: [{ name: "it", user: { token: "t" } }],
    contexts: [{ name: "it", context: { cluster: "it", user: "it" } }],
  });
  await writeFile(kubeconfigFile, text);
}, LONGEST_MILLISECONDS);

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true });
});

test(
  "requests with a body and without follow one another on one connection",
  async () => {
    const { core } = kubeClients({ maxConnections: 1, requestTimeoutMilliseconds: 10_000 }, kubeconfigFile);
    const body = { preconditions: { uid: "é" } };
    for (let round = 0; round < 3; round++) {
      await core.deleteNamespacedPod({ namespace: "there", name: "it", body });
      expect((await core.readNamespace({ name: "there" })).metadata?.name).toBe("there");
    }
  },
  LONGEST_MILLISECONDS,
);

test(
  "many more requests than connections: every answer is read whole, and no more are sent at once",
  async () => {
    const options = { maxConnections: CONNECTIONS, requestTimeoutMilliseconds: 10_000 };
    const { core } = kubeClients(options, kubeconfigFile);
    const reads = Array.from({ length: REQUESTS }, () => core.readNamespace({ name: "there" }));
    const answers = await Promise.allSettled(reads);
    const failures = answers.filter(({ status }) => status === "rejected");
    expect(failures).toEqual([]);
    expect(mostAtOnce).toBeLessThanOrEqual(CONNECTIONS);
  },
  LONGEST_MILLISECONDS,
);
