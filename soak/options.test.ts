import { expect, test } from "@jest/globals";
import { parseOptions } from "./options";

test("defaults, and runs in proportion to minutes", () => {
  expect(parseOptions([], 7)).toEqual({ seed: 7, minutes: 10, runs: 600 });
  expect(parseOptions(["--minutes", "2", "--seed", "3"], 7)).toEqual({ seed: 3, minutes: 2, runs: 120 });
  expect(parseOptions(["--nodes"], 7)).toEqual({ seed: 7, minutes: 3, runs: 100, nodes: true });
  expect(parseOptions(["--help"], 7)).toBeUndefined();
});

test.each([
  [["--seed", "x"], '--seed is "x", and must be a whole number from 0'],
  [["--minutes", "0"], '--minutes is "0", and must be a number from 0.5'],
  [["--runs", "1.5"], '--runs is "1.5", and must be a whole number from 1'],
  [["--bug", "none"], '--bug is "none", and must be one of no-release-guard'],
  [["--speed", "1"], "--speed"],
])("%j is refused with a reason", (args, message) => {
  expect(() => parseOptions(args, 7)).toThrow(message);
});
