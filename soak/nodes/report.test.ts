import { expect, test } from "@jest/globals";
import { haveAllEnded, nodeReportLines, type NodeFindings } from "./report";

const findings = (changes: Partial<NodeFindings> = {}): NodeFindings => ({
  ...{
    seed: 4,
    minutes: 3,
    runs: 2,
    seconds: 200,
    unended: [],
    invariants: [],
    violations: [],
    problems: [],
  },
  ...{ events: new Map([["cordon", 2]]), results: new Map([["Succeeded", 2]]) },
  longest: [{ run: "run-1", seconds: 12.34, from: "a, to go", to: "a, gone" }],
  ...changes,
});

test("passes when all runs have ended, and tells the longest stall and the plan", () => {
  expect(haveAllEnded(findings())).toBe(true);
  const lines = nodeReportLines(findings()).join("\n");
  expect(lines).toContain("12.3 s  run-1: a, to go → a, gone");
  expect(lines).toContain("npm run soak -- --nodes --seed 4 --minutes 3 --runs 2");
});

test.each<[string, Partial<NodeFindings>]>([
  ["a run that did not end", { unended: ["run-1"] }],
  ["a run that was not seen at all", { results: new Map([["Succeeded", 1]]) }],
  ["a violation", { violations: [{ invariant: "together", at: 0, message: "split", uids: [] }] }],
  ["what the soak could not do", { problems: ["create: 500"] }],
])("%s fails it", (_what, changes) => {
  expect(haveAllEnded(findings(changes))).toBe(false);
  expect(nodeReportLines(findings(changes)).at(-1)).toMatch(/^FAILED/);
});
