import { describe, expect, test } from "@jest/globals";
import type { V1Toleration } from "@kubernetes/client-node";
import * as fc from "fast-check";
import { commonTolerations } from "./tolerations";

const ALL: V1Toleration = { operator: "Exists" };
const KEY: V1Toleration = { key: "dedicated", operator: "Exists" };
const CI: V1Toleration = { key: "dedicated", operator: "Equal", value: "ci" };
const CI_NO_SCHEDULE: V1Toleration = { ...CI, effect: "NoSchedule" };
const NO_EXECUTE: V1Toleration = { key: "dedicated", operator: "Exists", effect: "NoExecute" };

describe("tolerations that all have in common", () => {
  test.each([
    { name: "of one", lists: [[CI]], expected: [CI] },
    { name: "of none", lists: [], expected: [] },
    { name: "with one that has none", lists: [[CI], []], expected: [] },
    {
      name: "in three wordings",
      lists: [[ALL], [CI_NO_SCHEDULE], [{ key: "dedicated", value: "ci" }]],
      expected: [CI_NO_SCHEDULE],
    },
    { name: "no operator is Equal", lists: [[{ key: "dedicated", value: "ci" }], [CI]], expected: [CI] },
    {
      name: "no value is the empty one",
      lists: [[{ key: "a" }], [{ key: "a", value: "" }]],
      expected: [{ key: "a", operator: "Equal" }],
    },
    { name: "of another value", lists: [[CI], [{ ...CI, value: "gpu" }]], expected: [] },
    { name: "of another effect", lists: [[CI_NO_SCHEDULE], [NO_EXECUTE]], expected: [] },
    { name: "of another key", lists: [[KEY], [{ key: "spot", operator: "Exists" }]], expected: [] },
    {
      name: "any key, of one effect",
      lists: [[{ operator: "Exists", effect: "NoSchedule" }], [CI]],
      expected: [CI_NO_SCHEDULE],
    },
    { name: "what another one says already", lists: [[KEY, CI_NO_SCHEDULE]], expected: [KEY] },
    {
      name: "the shorter time",
      lists: [[{ ...NO_EXECUTE, tolerationSeconds: 60 }], [ALL]],
      expected: [{ ...NO_EXECUTE, tolerationSeconds: 60 }],
    },
    {
      name: "the shorter of two times",
      lists: [[{ ...NO_EXECUTE, tolerationSeconds: 60 }], [{ ...NO_EXECUTE, tolerationSeconds: 0 }]],
      expected: [{ ...NO_EXECUTE, tolerationSeconds: 0 }],
    },
    {
      name: "a number below the limit",
      lists: [[{ key: "a", operator: "Lt", value: "5" }], [{ key: "a", value: "4" }]],
      expected: [{ key: "a", operator: "Equal", value: "4" }],
    },
    {
      name: "a number at the limit",
      lists: [[{ key: "a", operator: "Lt", value: "5" }], [{ key: "a", value: "5" }]],
      expected: [],
    },
    {
      name: "the narrower limit",
      lists: [[{ key: "a", operator: "Gt", value: "-2" }], [{ key: "a", operator: "Gt", value: "7" }]],
      expected: [{ key: "a", operator: "Gt", value: "7" }],
    },
  ])("$name", ({ lists, expected }) => {
    expect(commonTolerations(lists)).toEqual(expected);
    expect(commonTolerations([...lists].reverse())).toEqual(expected);
  });

  interface Taint {
    key: string;
    value: string;
    effect: string;
  }
  /** ToleratesTaint of Kubernetes' api/core/v1/toleration.go. */
  const tolerates = ({ key, operator, value = "", effect }: V1Toleration, taint: Taint): boolean =>
    (!effect || effect === taint.effect) &&
    (!key || key === taint.key) &&
    (operator === "Exists" || value === taint.value);

  test("tolerate a taint exactly if each list does", () => {
    const key = fc.constantFrom("a", "b");
    const value = fc.constantFrom("", "x", "y");
    const effect = fc.constantFrom("NoSchedule", "NoExecute");
    const someEffect = fc.option(effect, { nil: undefined });
    const toleration = fc.oneof(
      fc.record({ operator: fc.constant("Exists"), effect: someEffect }),
      fc.record({ key, operator: fc.constant("Exists"), effect: someEffect }),
      fc.record({ key, value, effect: someEffect }),
    ) as fc.Arbitrary<V1Toleration>;
    const lists = fc.array(fc.array(toleration, { maxLength: 3 }), { minLength: 1, maxLength: 3 });
    const property = fc.property(lists, fc.record({ key, value, effect }), (all, taint) => {
      const common = commonTolerations(all).some(item => tolerates(item, taint));
      expect(common).toBe(all.every(list => list.some(item => tolerates(item, taint))));
    });
    fc.assert(property, { seed: 1, numRuns: 2000 });
  });
});
