import { expect, test } from "@jest/globals";
import { mkdtemp, appendFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Use } from "../testbed/audit";
import { AuditLog, countRequests } from "./requests";

const use = (verb: string, resource: string, account = "controller"): Use => ({
  account,
  verb,
  apiGroup: "",
  resource,
});
const line = (verb: string): string =>
  `${JSON.stringify({
    stage: "ResponseComplete",
    verb,
    user: { username: "system:serviceaccount:space:controller" },
    objectRef: { resource: "pods" },
  })}\n`;

test.each([
  { name: "get", requests: [use("get", "pods")], expected: { reads: 1, writes: 0, events: 0 } },
  { name: "list", requests: [use("list", "pods")], expected: { reads: 1, writes: 0, events: 0 } },
  {
    name: "every write",
    requests: ["create", "patch", "update", "delete", "deletecollection"].map(verb => use(verb, "pods")),
    expected: { reads: 0, writes: 5, events: 0 },
  },
  {
    name: "Events apart",
    requests: [use("create", "events"), use("list", "events")],
    expected: { reads: 0, writes: 0, events: 2 },
  },
  {
    name: "neither watches nor the Lease",
    requests: [use("watch", "pods"), use("get", "leases"), use("update", "leases")],
    expected: { reads: 0, writes: 0, events: 0 },
  },
  {
    name: "nobody else's",
    requests: [use("get", "namespaces", "admission")],
    expected: { reads: 0, writes: 0, events: 0 },
  },
])("$name", ({ requests, expected }) => {
  expect(countRequests(requests, "controller")).toMatchObject(expected);
});

test("each request by verb and resource", () => {
  const requests = [use("patch", "pods/resize"), use("list", "pods"), use("patch", "pods/resize")];
  expect([...countRequests(requests, "controller").each]).toEqual([
    ["patch pods/resize", 2],
    ["list pods", 1],
  ]);
});

test("the log is read on from where it was read, and never a line that is half written", async () => {
  const directory = await mkdtemp(join(tmpdir(), "audit-log-"));
  try {
    const file = join(directory, "audit.log");
    const [half, rest] = [line("list").slice(0, 20), line("list").slice(20)];
    await writeFile(file, line("get") + half);
    const log = new AuditLog(file);
    const verbs = async () => (await log.further()).map(({ verb }) => verb);
    expect(await verbs()).toEqual(["get"]);
    expect(await verbs()).toEqual([]);
    await appendFile(file, rest + line("patch"));
    expect(await verbs()).toEqual(["list", "patch"]);
    await writeFile(file, line("get"));
    await expect(verbs()).rejects.toThrow("too large");
  } finally {
    await rm(directory, { recursive: true });
  }
});
