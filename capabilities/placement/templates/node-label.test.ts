import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { canBeMet, describeDemand, isMet, type LabelDemand } from "./node-label";

const demand = (operator: string, ...values: string[]): LabelDemand => ({
  key: "arch",
  isField: false,
  operator,
  values: new Set(values),
  origin: "nodeAffinity of build",
});

describe("demands on one label", () => {
  test.each([
    { name: "one value", demands: [demand("In", "a")], expected: true },
    { name: "two different values", demands: [demand("In", "a"), demand("In", "b")], expected: false },
    { name: "a value of both", demands: [demand("In", "a", "b"), demand("In", "b", "c")], expected: true },
    {
      name: "the value that is ruled out",
      demands: [demand("In", "a"), demand("NotIn", "a")],
      expected: false,
    },
    { name: "one that is left", demands: [demand("In", "a", "b"), demand("NotIn", "a")], expected: true },
    { name: "only values ruled out", demands: [demand("NotIn", "a"), demand("NotIn", "b")], expected: true },
    { name: "there and not there", demands: [demand("Exists"), demand("DoesNotExist")], expected: false },
    { name: "a value and not there", demands: [demand("In", "a"), demand("DoesNotExist")], expected: false },
    // NotIn is met by a node without the label.
    {
      name: "ruled out and not there",
      demands: [demand("NotIn", "a"), demand("DoesNotExist")],
      expected: true,
    },
    { name: "there and ruled out", demands: [demand("Exists"), demand("NotIn", "a")], expected: true },
    { name: "numbers that overlap", demands: [demand("Gt", "3"), demand("Lt", "5")], expected: true },
    { name: "numbers that do not", demands: [demand("Gt", "3"), demand("Lt", "4")], expected: false },
    { name: "less than nothing", demands: [demand("Lt", "0")], expected: false },
    { name: "more than the largest", demands: [demand("Gt", "9223372036854775807")], expected: false },
    {
      name: "a number among the values",
      demands: [demand("In", "2", "9"), demand("Gt", "3")],
      expected: true,
    },
    {
      name: "no number among the values",
      demands: [demand("In", "a", "3"), demand("Gt", "3")],
      expected: false,
    },
    { name: "a number and not there", demands: [demand("Gt", "3"), demand("DoesNotExist")], expected: false },
    { name: "a limit that is no number", demands: [demand("Gt", "x")], expected: false },
    {
      name: "an operator of another time",
      demands: [demand("Like", "x"), demand("In", "x")],
      expected: false,
    },
  ])("$name: $expected", ({ demands, expected }) => {
    expect(canBeMet(demands)).toBe(expected);
    expect(canBeMet([...demands].reverse())).toBe(expected);
  });

  test("a node always has its name", () => {
    const named = { ...demand("NotIn", "a"), key: "metadata.name", isField: true };
    expect(canBeMet([named])).toBe(true);
    expect(canBeMet([named, { ...named, operator: "In" }])).toBe(false);
  });

  test("can be met exactly when there is a value that meets all", () => {
    const values = fc.subarray(["1", "2", "3", "a"], { minLength: 1 });
    const limit = fc.constantFrom("0", "1", "2", "3", "4");
    const one = fc.oneof(
      fc.tuple(fc.constantFrom("In", "NotIn"), values),
      fc.tuple(fc.constantFrom("Exists", "DoesNotExist"), fc.constant([])),
      fc.tuple(
        fc.constantFrom("Gt", "Lt"),
        limit.map(text => [text]),
      ),
    );
    // "02" and "7": numbers that no list of values names, and "z" a word.
    const candidates = [undefined, "0", "00", "1", "01", "2", "02", "3", "03", "4", "5", "7", "a", "z"];
    const property = fc.property(fc.array(one, { minLength: 1, maxLength: 4 }), list => {
      const demands = list.map(([operator, texts]) => demand(operator, ...texts));
      const isThere = candidates.some(value => demands.every(item => isMet(item, value)));
      expect(canBeMet(demands)).toBe(isThere);
    });
    fc.assert(property, { seed: 1, numRuns: 2000 });
  });
});

test.each([
  { demand: demand("In", "amd64"), expected: "arch=amd64 (nodeAffinity of build)" },
  { demand: demand("In", "a", "b"), expected: "arch in (a, b) (nodeAffinity of build)" },
  { demand: demand("NotIn", "a"), expected: "arch not in (a) (nodeAffinity of build)" },
  { demand: demand("DoesNotExist"), expected: "arch does not exist (nodeAffinity of build)" },
  { demand: demand("Gt", "3"), expected: "arch > (3) (nodeAffinity of build)" },
  { demand: demand("In", ..."abcdefg"), expected: "arch in (a, b, c, d, e, …) (nodeAffinity of build)" },
])("$expected", ({ demand, expected }) => {
  expect(describeDemand(demand)).toBe(expected);
});
