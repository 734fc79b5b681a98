import { expect, test } from "@jest/globals";
import { readBudget, Report } from "./budget";

const budget = [{ name: "reads", limit: 3, unit: "requests", calibration: "" }];

test.each([
  { name: "below", value: 2, expected: [] },
  { name: "at the limit", value: 3, expected: [] },
  { name: "beyond", value: 3.2, expected: ["reads"] },
  { name: "not measured", value: NaN, expected: ["reads"] },
])("$name", ({ value, expected }) => {
  const report = new Report(budget);
  report.limited("reads", value);
  expect(report.beyond()).toEqual(expected);
});

test("each figure stands beside its limit; what is only noted has none", () => {
  const report = new Report(budget);
  report.limited("reads", 58);
  report.noted("first pod", 70.25, "ms");
  expect(
    report
      .table()
      .split("\n")
      .map(line => line.split(/\s{2,}/).filter(Boolean)),
  ).toEqual([
    ["measured", "budget"],
    ["reads", "58 requests", "3 BEYOND"],
    ["first pod", "70.3 ms"],
  ]);
});

test("a figure that the budget does not have is a mistake", () => {
  expect(() => new Report(budget).limited("writes", 1)).toThrow('no figure "writes"');
});

test("the budget names each figure once, with how its limit was found", () => {
  const limits = readBudget();
  expect(new Set(limits.map(({ name }) => name)).size).toBe(limits.length);
  for (const { name, limit, calibration } of limits)
    expect([name, limit >= 0, calibration.length > 20]).toEqual([name, true, true]);
});
