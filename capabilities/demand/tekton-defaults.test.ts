import { describe, expect, test } from "@jest/globals";
import { known, peakOf, runOf } from "../testing/definitions";
import { tektonDefaultsOf } from "./tekton-defaults";

const REQUIREMENTS = "default-container-resource-requirements";

test("requests by default count for containers that ask for nothing", () => {
  const defaults = tektonDefaultsOf({ [REQUIREMENTS]: "default:\n  requests:\n    cpu: 300m\n" });
  const run = runOf({ tasks: [{ name: "a", taskSpec: { steps: [{ name: "s" }] } }] });
  expect(peakOf(run, known({}, {}, defaults))).toEqual({ cpu: "300m" });
});

test("so many combinations are allowed as it says", () => {
  const { mostCombinations } = tektonDefaultsOf({ "default-max-matrix-combinations-count": "3" });
  expect(mostCombinations).toBe(3);
});

test.each([
  { name: "no ConfigMap", data: undefined },
  { name: "none of its keys", data: { "default-timeout-minutes": "60" } },
  { name: "its example", data: { _example: `${REQUIREMENTS}: |\n  default: {}` } },
  { name: "empty values", data: { [REQUIREMENTS]: "", "default-max-matrix-combinations-count": "" } },
])("nothing counts with $name", ({ data }) => {
  expect(tektonDefaultsOf(data)).toEqual({ containerDefaults: undefined, mostCombinations: undefined });
});

describe("what cannot be read is an error, for the caller to go by what was before", () => {
  test.each([
    { name: "YAML", data: { [REQUIREMENTS]: "a: [" } },
    { name: "a quantity", data: { [REQUIREMENTS]: "default: {requests: {cpu: much}}" } },
    { name: "a number", data: { "default-max-matrix-combinations-count": "many" } },
  ])("$name", ({ data }) => {
    expect(() => tektonDefaultsOf(data)).toThrow();
  });
});
