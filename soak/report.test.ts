import { expect, test } from "@jest/globals";
import type { Invariant } from "./invariant";
import { hasPassed, leastExercised, reportLines, type Findings } from "./report";

const invariant = (exercised: number): Invariant => ({
  ...{ name: "apart", claim: "no two together", exercised: () => exercised, see: () => [] },
});
const findings = (changes: Partial<Findings> = {}): Findings => ({
  ...{
    seed: 5,
    minutes: 10,
    runs: 600,
    seconds: 620,
    requests: 9,
    changes: 4,
    lostSeconds: 3,
    isComplete: true,
  },
  ...{ faults: new Map([["delay", 3]]), done: new Map(), problems: new Map() },
  ...{ invariants: [invariant(100)], violations: [] },
  ...changes,
});

test("passes when everything held and was exercised", () => {
  expect(hasPassed(findings())).toBe(true);
  expect(reportLines(findings()).at(-1)).toBe(
    "Passed after 620 s, 3 s of which did not count as the machine was busy, 0 violations, seed 5. " +
      "The same plan again: npm run soak -- --seed 5 --minutes 10 --runs 600",
  );
});

test("a violation fails it, and is told", () => {
  const violations = [{ invariant: "apart", at: 0, message: "two on one node", uids: [] }];
  expect(hasPassed(findings({ violations }))).toBe(false);
  expect(reportLines(findings({ violations })).join("\n")).toContain('VIOLATION of "apart": two on one node');
});

test.each<[string, Partial<Findings>]>([
  ["an invariant that was not exercised enough", { invariants: [invariant(99)] }],
  ["what the soak could not do", { problems: new Map([["create: 500", 1]]) }],
  ["an early end", { isComplete: false }],
])("%s fails it", (_what, changes) => {
  expect(hasPassed(findings(changes))).toBe(false);
});

test("shorter soaks have to exercise less", () => {
  expect([leastExercised(10), leastExercised(1), leastExercised(0.5)]).toEqual([100, 10, 5]);
});
