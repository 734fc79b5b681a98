import { describe, expect, test } from "@jest/globals";
import type { V1LimitRange, V1LimitRangeItem, V1ResourceQuota } from "@kubernetes/client-node";
import { parseResources } from "../demand/resources";
import {
  needsLimits,
  NO_BOUNDS,
  ROOM_TO_LIMIT,
  withinBounds,
  withoutOwn,
  type NamespaceBounds,
} from "./namespace-bounds";

const limitRange = (limit: Partial<V1LimitRangeItem>): V1LimitRange => ({
  metadata: { name: "sizes" },
  spec: { limits: [{ type: "Container", ...limit }] },
});
const quota = (hard: Record<string, string>, used: Record<string, string> = {}): V1ResourceQuota => ({
  metadata: { name: "team" },
  spec: { hard },
  status: { hard, used },
});
const ranges = (...limits: Partial<V1LimitRangeItem>[]): NamespaceBounds => ({
  ...NO_BOUNDS,
  limitRanges: limits.map(limitRange),
});
const quotas = (...all: V1ResourceQuota[]): NamespaceBounds => ({ ...NO_BOUNDS, quotas: all });

const ask = parseResources({ cpu: "6", memory: "8Gi" });
const floor = parseResources({ cpu: "10m", memory: "16Mi" });
const bounded = (bounds: NamespaceBounds, peak = ask) => withinBounds(ask, peak, floor, bounds);

describe("what is asked for", () => {
  test.each<[string, NamespaceBounds, object]>([
    ["is as it was without bounds", NO_BOUNDS, ask],
    [
      "is at most a container's max, with room below it for the limit",
      ranges({ max: { cpu: "4", memory: "4Gi" } }),
      { cpu: 4000 - ROOM_TO_LIMIT["cpu"]!, memory: 4 * 2 ** 30 - ROOM_TO_LIMIT["memory"]! },
    ],
    ["is at most a pod's max", ranges({ type: "Pod", max: { cpu: "2" } }), { cpu: 1999 }],
    [
      "is at most the lowest max",
      ranges({ max: { cpu: "4" } }, { type: "Pod", max: { cpu: "2" } }),
      { cpu: 1999 },
    ],
    ["is not bounded by a max of claims", ranges({ type: "PersistentVolumeClaim", max: { cpu: "1" } }), ask],
    ["has room beside the run for what a min keeps", ranges({ min: { cpu: "200m" } }), { cpu: 6200 }],
    ["of several the largest", ranges({ min: { cpu: "1" } }, { min: { cpu: "7" } }), { cpu: 13000 }],
    ["is not bounded by a max that lies above it", ranges({ max: { cpu: "64" } }), ask],
    [
      "is at most what a quota has free",
      quotas(quota({ "requests.cpu": "5" }, { "requests.cpu": "2" })),
      { cpu: 3000 },
    ],
    ["knows a quota by its short name", quotas(quota({ cpu: "5" }, { cpu: "2" })), { cpu: 3000 }],
    ["is nothing where a quota is overdrawn", quotas(quota({ cpu: "5" }, { cpu: "9" })), { cpu: 0 }],
    [
      "is at most what the tightest quota has free",
      quotas(quota({ cpu: "5" }), quota({ cpu: "4" })),
      { cpu: 4000 },
    ],
    ["does not care for quotas of objects", quotas(quota({ pods: "0", "count/secrets": "0" })), ask],
    [
      "passes over an amount beyond what can be counted",
      { limitRanges: [limitRange({ max: { memory: "9E" } })], quotas: [quota({ memory: "9E" })] },
      ask,
    ],
  ])("%s", (_what, bounds, expected) => {
    expect(bounded(bounds).ask).toEqual({ ...ask, ...expected });
  });

  test("is at least a container's min where the run asks for nothing", () => {
    const { ask: asked, beside } = withinBounds(floor, {}, floor, ranges({ min: { cpu: "7" } }));
    expect({ asked, beside }).toEqual({ asked: { ...floor, cpu: 7000 }, beside: {} });
  });

  // Kubernetes counts the limit, which lies above the request.
  test("leaves room for its limit in a quota of limits", () => {
    const { cpu, memory } = bounded(quotas(quota({ "limits.cpu": "4", "limits.memory": "4Gi" }))).ask;
    expect(cpu! + ROOM_TO_LIMIT["cpu"]!).toBe(4000);
    expect(memory! + ROOM_TO_LIMIT["memory"]!).toBe(4 * 2 ** 30);
  });

  test("does not name what the run does not ask for", () => {
    const bounds = {
      limitRanges: [limitRange({ min: { "nvidia.com/gpu": "1" } })],
      quotas: [quota({ storage: "1" })],
    };
    expect(Object.keys(bounded(bounds).ask).sort()).toEqual(["cpu", "memory"]);
  });

  test("is bounded for devices, whose quotas have only the long name", () => {
    const gpus = { ...ask, "nvidia.com/gpu": 4 };
    const bounds = quotas(quota({ "requests.nvidia.com/gpu": "3" }, { "requests.nvidia.com/gpu": "1" }));
    expect(withinBounds(gpus, gpus, floor, bounds).ask).toMatchObject({ "nvidia.com/gpu": 2 });
  });
});

describe("notes", () => {
  test.each<[string, NamespaceBounds, string]>([
    ["a quota", quotas(quota({ cpu: "5" }, { cpu: "2" })), "Capped at cpu 3 of 6 by ResourceQuota team."],
    ["a LimitRange", ranges({ max: { cpu: "4" } }), "Capped at cpu 3999m of 6 by LimitRange sizes."],
    ["memory", quotas(quota({ memory: "4Gi" })), "Capped at memory 4Gi of 8Gi by ResourceQuota team."],
  ])("name resource, both amounts and source: %s", (_what, bounds, note) => {
    expect(bounded(bounds).notes).toEqual([note]);
  });

  test("say nothing of what does not bind", () => {
    expect(bounded(quotas(quota({ cpu: "6" }))).notes).toEqual([]);
    expect(bounded(ranges({ min: { cpu: "7" } })).notes).toEqual([]);
  });
});

test("what a runtime class adds to the placeholder counts against a quota", () => {
  const bounds = quotas(quota({ cpu: "5" }));
  expect(withinBounds(ask, ask, floor, bounds, { cpu: 250 }).ask).toMatchObject({ cpu: 4750 });
});

describe("the floor", () => {
  test.each<[string, NamespaceBounds, object]>([
    ["is as it was where a quota has room", quotas(quota({ cpu: "100", memory: "100Gi" })), floor],
    ["is what the quota leaves beside the run", quotas(quota({ cpu: "6004m" })), { cpu: 4 }],
    ["is nothing where the run fills the quota", quotas(quota({ cpu: "6" })), { cpu: 0 }],
    ["is nothing where the run is more than the quota", quotas(quota({ cpu: "1" })), { cpu: 0 }],
    [
      "is nothing where a quota counts limits, of which the run may need all",
      quotas(quota({ "limits.cpu": "100" })),
      { cpu: 0 },
    ],
    [
      "is a LimitRange's min all the same",
      { ...ranges({ min: { cpu: "50m" } }), ...{ quotas: [quota({ cpu: "6" })] } },
      { cpu: 50 },
    ],
    ["is at least a LimitRange's min", ranges({ min: { cpu: "50m" } }), { cpu: 50 }],
    ["is never lower than it was for a LimitRange's min", ranges({ min: { cpu: "1m" } }), floor],
  ])("%s", (_what, bounds, expected) => {
    expect(bounded(bounds).floor).toEqual({ ...floor, ...expected });
  });
});

describe("scarce is what the run's next pods and a placeholder beside them may not both find in a quota", () => {
  test.each<[string, NamespaceBounds, string[]]>([
    ["nothing without quotas", NO_BOUNDS, []],
    ["nothing where a quota has twice the peak", quotas(quota({ cpu: "12", memory: "16Gi" })), []],
    ["cpu", quotas(quota({ cpu: "12" }, { "requests.cpu": "0", cpu: "1" })), ["cpu"]],
    ["both", quotas(quota({ "limits.cpu": "7", "requests.memory": "8Gi" })), ["cpu", "memory"]],
    ["nothing that the run does not ask for", quotas(quota({ "requests.nvidia.com/gpu": "0" })), []],
  ])("%s", (_what, bounds, expected) => {
    expect(bounded(bounds).scarce).toEqual(expected);
  });
});

describe("what a run uses itself is not used by others", () => {
  test.each([
    { name: "of requests", key: "requests.cpu", used: "5", expected: "3" },
    { name: "of cpu as it is", key: "cpu", used: "5", expected: "3" },
    { name: "of limits, which are not below requests", key: "limits.cpu", used: "5", expected: "3" },
    { name: "not less than nothing", key: "cpu", used: "1", expected: "0" },
    { name: "not of what it does not ask for", key: "requests.memory", used: "1Gi", expected: "1Gi" },
    { name: "not of pods", key: "pods", used: "7", expected: "7" },
  ])("$name", ({ key, used, expected }) => {
    const [left] = withoutOwn([quota({ [key]: "10" }, { [key]: used })], { cpu: 2000 });
    expect(left!.status).toEqual({ hard: { [key]: "10" }, used: { [key]: expected } });
  });
});

describe("limits are named", () => {
  test.each<[string, NamespaceBounds, boolean]>([
    ["not without need", NO_BOUNDS, false],
    ["where a container's limit has a default", ranges({ _default: { cpu: "1" } }), true],
    ["where a container's limit has a max, which is its default", ranges({ max: { cpu: "1" } }), true],
    // Kubernetes refuses a pod without limits there, and gives it none.
    ["where a pod's limit has a max", ranges({ type: "Pod", max: { cpu: "1" } }), true],
    ["where they may be a few times the request", ranges({ maxLimitRequestRatio: { cpu: "4" } }), true],
    ["not for a min", ranges({ min: { cpu: "1" } }), false],
    ["not for a default of requests", ranges({ defaultRequest: { cpu: "1" } }), false],
    ["not for claims", ranges({ type: "PersistentVolumeClaim", max: { storage: "1" } }), false],
    ["where a quota counts limits", quotas(quota({ "limits.cpu": "4" })), true],
    ["not where a quota counts requests", quotas(quota({ "requests.cpu": "4", cpu: "4" })), false],
  ])("%s", (_what, bounds, expected) => {
    expect(needsLimits(bounds)).toBe(expected);
  });
});
