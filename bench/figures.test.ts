import { expect, test } from "@jest/globals";
import { numbers } from "./options";
import { cpuPerRun, requestsPerRun } from "./per-run";
import { cpuMilliseconds, cpuMillisecondsIn, memoryIn, memoryOf } from "./proc";
import { percentile } from "./statistics";
import type { Batch } from "./batch";
import type { Usage } from "./meter";

const usage = (milliseconds: number, controller: number, reads = 0): Usage => ({
  milliseconds,
  cpu: { controller, admission: 0 },
  surroundings: 0,
  script: 0,
  requests: { reads, writes: 0, events: 0, each: new Map() },
  apiServer: { requests: 0, webhooks: 0 },
});
const batch = (runs: number, used: Usage): Batch => ({
  kind: "chain",
  runs,
  waits: [],
  stages: [],
  allDone: 0,
  usage: used,
});

test("CPU time of a process whose name is made to mislead", () => {
  const stat = "7 (a) R 1 2) S 1 2 3 4 5 6 7 8 9 10 250 31 99 99 20 0 11";
  expect(cpuMillisecondsIn(stat)).toBe(2810);
});

test("memory, in MiB", () => {
  expect(memoryIn("VmPeak:\t 9 kB\nVmHWM:\t  4096 kB\nVmRSS:\t  2048 kB\n")).toEqual({
    peak: 4,
    resident: 2,
  });
});

test("this very process has used the processor and has memory", () => {
  expect(cpuMilliseconds(process.pid)).toBeGreaterThan(0);
  const { resident, peak } = memoryOf(process.pid);
  expect(resident).toBeGreaterThan(10);
  expect(peak).toBeGreaterThanOrEqual(resident);
});

test.each([
  { name: "none", values: [], share: 0.5, expected: NaN },
  { name: "one", values: [7], share: 0.9, expected: 7 },
  { name: "the middle", values: [3, 1, 2], share: 0.5, expected: 2 },
  { name: "nine of ten", values: [10, 9, 8, 7, 6, 5, 4, 3, 2, 1], share: 0.9, expected: 9 },
  { name: "all", values: [1, 2], share: 1, expected: 2 },
])("percentile: $name", ({ values, share, expected }) => {
  expect(percentile(values, share)).toBe(expected);
});

test("a run's CPU is what is used beyond rest, over all runs", () => {
  const idle = usage(10_000, 100);
  const batches = [batch(1, usage(4_000, 60)), batch(3, usage(6_000, 160))];
  expect(cpuPerRun(batches, idle, "controller")).toBe((220 - 100) / 4);
});

test("one batch in which something else was read does not count", () => {
  const batches = [3, 90, 3].map(reads => batch(1, usage(1, 0, reads)));
  expect(requestsPerRun(batches, "reads")).toBe(3);
  expect(requestsPerRun([batch(10, usage(1, 0, 30))], "reads")).toBe(3);
});

test.each([
  { name: "nothing given", args: [], expected: { runs: 50, rounds: 2 } },
  { name: "one given", args: ["--runs", "300"], expected: { runs: 300, rounds: 2 } },
  { name: "with an equals sign", args: ["--rounds=1"], expected: { runs: 50, rounds: 1 } },
])("options: $name", ({ args, expected }) => {
  expect(numbers({ runs: 50, rounds: 2 }, args)).toEqual(expected);
});

test.each([
  { name: "no number", args: ["--runs", "many"], message: "--runs must be a whole number" },
  { name: "empty", args: ["--runs="], message: "--runs must be a whole number" },
  { name: "less than nothing", args: ["--runs=-1"], message: "--runs must be a whole number" },
  { name: "unknown", args: ["--nodes", "1"], message: "Unknown option" },
])("options refused: $name", ({ args, message }) => {
  expect(() => numbers({ runs: 50 }, args)).toThrow(message);
});
