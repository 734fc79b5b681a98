import { expect, test } from "@jest/globals";
import { statusPatch } from "./status-patch";
import { pod } from "./testing";

const NOW = new Date("2026-01-01T00:00:10Z");
const BEFORE = "2026-01-01T00:00:01Z";
const UNCHANGED = { op: "test", path: "/metadata/resourceVersion", value: "7" };
const OBSERVED = { op: "add", path: "/status/observedGeneration", value: 2 };
const asking = () => pod("a", { cpu: "1" }).asks({ cpu: "2" });

const READY = { type: "Ready", status: "True" };
const PROGRESS = { type: "PodResizeInProgress", status: "True", observedGeneration: 2 };
const conditions = (...more: object[]) => ({
  op: "add",
  path: "/status/conditions",
  value: [READY, ...more],
});

test("what is allocated is shown before it is in force, and the condition says which", () => {
  const { pod: allocated } = asking().waiting(BEFORE);
  expect(statusPatch({ pod: allocated, outcome: "allocated" }, NOW)).toEqual([
    UNCHANGED,
    { op: "add", path: "/status/containerStatuses/0/allocatedResources", value: { cpu: "2" } },
    conditions({ ...PROGRESS, lastTransitionTime: NOW }),
    OBSERVED,
  ]);
});

test.each([
  { name: "what is asked for", pod: asking().inProgress({ cpu: "2" }), cpu: "2" },
  {
    name: "what was allocated, though more is asked for by now",
    pod: asking().inProgress({ cpu: "1500m" }).generation(3),
    cpu: "1500m",
  },
])("what is in force is $name, and the condition goes", ({ pod: { pod: allocated }, cpu }) => {
  expect(statusPatch({ pod: allocated, outcome: "actuated" }, NOW)).toEqual([
    UNCHANGED,
    { op: "add", path: "/status/containerStatuses/0/resources", value: { requests: { cpu } } },
    conditions(),
  ]);
});

const condition = (lastTransitionTime: Date, message: string) => ({
  ...{ type: "PodResizePending", status: "True", reason: "Deferred", message },
  ...{ observedGeneration: 2, lastTransitionTime },
});

test("a deferral adds the condition, and what is in progress goes on", () => {
  const { pod: deferred } = asking().inProgress({ cpu: "1500m" }, 1);
  expect(statusPatch({ pod: deferred, outcome: "deferred", message: "full" }, NOW)).toEqual([
    UNCHANGED,
    conditions({ ...PROGRESS, observedGeneration: 1 }, condition(NOW, "full")),
    OBSERVED,
  ]);
});

test.each([
  ["another message", "fuller", 2],
  ["another change of the pod", "full", 1],
])("a deferral with %s keeps the time since when", (_, message, generation) => {
  const { pod: waiting } = asking().waiting(BEFORE, "full", generation);
  expect(statusPatch({ pod: waiting, outcome: "deferred", message }, NOW)?.[1]).toEqual(
    conditions(condition(new Date(BEFORE), message)),
  );
});

test("a deferral that is written already is not written again", () => {
  const { pod: waiting } = asking().waiting(BEFORE, "full").observed(2);
  expect(statusPatch({ pod: waiting, outcome: "deferred", message: "full" }, NOW)).toBeUndefined();
});

test.each([
  {
    name: "a withdrawal takes the condition away",
    pod: pod("a", { cpu: "1" }).generation(3).waiting(BEFORE),
    expected: [conditions(), { ...OBSERVED, value: 3 }],
  },
  {
    name: "a withdrawal before any answer was nothing but seen",
    pod: pod("a", { cpu: "1" }).generation(3),
    expected: [{ ...OBSERVED, value: 3 }],
  },
  {
    name: "a withdrawal leaves what is in progress",
    pod: pod("a", { cpu: "1" }).generation(4).waiting(BEFORE).inProgress({ cpu: "1" }, 3),
    expected: [conditions({ ...PROGRESS, observedGeneration: 3 }), { ...OBSERVED, value: 4 }],
  },
  {
    name: "of a pod that has ended nothing is in progress",
    pod: asking().inProgress({ cpu: "2" }).phase("Failed"),
    expected: [conditions()],
  },
])("$name", ({ pod: { pod: settled }, expected }) => {
  expect(statusPatch({ pod: settled, outcome: "none" }, NOW)).toEqual([UNCHANGED, ...expected]);
});
