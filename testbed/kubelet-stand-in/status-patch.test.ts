import { expect, test } from "@jest/globals";
import { statusPatch } from "./status-patch";
import { pod } from "./testing";

const NOW = new Date("2026-01-01T00:00:10Z");
const BEFORE = "2026-01-01T00:00:01Z";
const UNCHANGED = { op: "test", path: "/metadata/resourceVersion", value: "7" };
const OBSERVED = { op: "add", path: "/status/observedGeneration", value: 2 };
const asking = () => pod("a", { cpu: "1" }).asks({ cpu: "2" });

test("a grant writes what was asked for, and takes the condition away", () => {
  const { pod: granted } = asking().waiting(BEFORE);
  expect(statusPatch({ pod: granted, outcome: "granted" }, NOW)).toEqual([
    UNCHANGED,
    { op: "add", path: "/status/containerStatuses/0/resources", value: { requests: { cpu: "2" } } },
    { op: "add", path: "/status/containerStatuses/0/allocatedResources", value: { cpu: "2" } },
    { op: "remove", path: "/status/conditions/1" },
    OBSERVED,
  ]);
});

const condition = (lastTransitionTime: Date, message: string) => ({
  ...{ type: "PodResizePending", status: "True", reason: "Deferred", message },
  ...{ observedGeneration: 2, lastTransitionTime },
});

test("a deferral adds the condition", () => {
  const deferred = { pod: asking().pod, outcome: "deferred", message: "full" } as const;
  expect(statusPatch(deferred, NOW)).toEqual([
    UNCHANGED,
    { op: "add", path: "/status/conditions/-", value: condition(NOW, "full") },
    OBSERVED,
  ]);
});

test.each([
  ["another message", "fuller", 2],
  ["another change of the pod", "full", 1],
])("a deferral with %s keeps the time since when", (_, message, generation) => {
  const { pod: waiting } = asking().waiting(BEFORE, "full", generation);
  expect(statusPatch({ pod: waiting, outcome: "deferred", message }, NOW)?.[1]).toEqual({
    op: "replace",
    path: "/status/conditions/1",
    value: condition(new Date(BEFORE), message),
  });
});

test("a deferral that is written already is not written again", () => {
  const { pod: waiting } = asking().waiting(BEFORE, "full");
  expect(statusPatch({ pod: waiting, outcome: "deferred", message: "full" }, NOW)).toBeUndefined();
});

test("a withdrawal takes the condition away", () => {
  const { pod: withdrawn } = pod("a", { cpu: "1" }).waiting(BEFORE);
  expect(statusPatch({ pod: withdrawn, outcome: "none" }, NOW)?.[1]).toEqual({
    op: "remove",
    path: "/status/conditions/1",
  });
});
