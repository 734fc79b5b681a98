import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { ApiException } from "@kubernetes/client-node";
import { stringify } from "yaml";
import { connect, Notes, reading } from "./connection";

const directory = mkdtempSync(join(tmpdir(), "connection-"));
afterAll(() => rmSync(directory, { recursive: true }));

const kubeconfig = join(directory, "kubeconfig");
writeFileSync(
  kubeconfig,
  stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ name: "u", user: {} }],
    contexts: [
      { name: "a", context: { cluster: "c", user: "u", namespace: "of-a" } },
      { name: "b", context: { cluster: "c", user: "u" } },
    ],
    "current-context": "a",
  }),
);

test.each([
  ["that of the current context", {}, "of-a"],
  ["default, of a context without one", { context: "b" }, "default"],
  ["the one that is asked for", { context: "b", namespace: "mine" }, "mine"],
])("the namespace is %s", (_, where, namespace) => {
  expect(connect({ kubeconfig, ...where }).namespace).toBe(namespace);
});

test("a context that is not there is named, with those that are", () => {
  expect(() => connect({ kubeconfig, context: "c" })).toThrow(
    'there is no context "c" in the kubeconfig; it has a, b',
  );
});

test("nothing is ever written", async () => {
  const { core } = connect({ kubeconfig }).clients;
  await expect(core.createNamespacedPod({ namespace: "default", body: {} })).rejects.toThrow();
  await expect(core.createNamespacedPod({ namespace: "default", body: {} })).rejects.not.toThrow(
    /ECONNREFUSED/,
  );
});

const answer = (code: number) => Promise.reject(new ApiException(code, "", { message: "the words" }, {}));

test("what is forbidden is noted once, and ends nothing", async () => {
  const notes = new Notes();
  for (let times = 0; times < 2; times++) {
    expect(await notes.ifAllowed("pods", "nodes are not known", answer(403))).toBeUndefined();
  }
  expect(await notes.ifAllowed("pods", "nodes are not known", Promise.resolve("found"))).toBe("found");
  expect(notes.all).toEqual(["You may not read pods, so nodes are not known."]);
});

test("any other failure ends it, in the API server's words", async () => {
  const failed = "pods could not be read: 500: the words";
  await expect(new Notes().ifAllowed("pods", "", answer(500))).rejects.toThrow(failed);
  await expect(reading("pods", answer(500))).rejects.toThrow(failed);
});
