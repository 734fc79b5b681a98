import { expect, test } from "@jest/globals";
import { parseOptions } from "./options";

test.each([
  { args: [], options: { autoscaler: false } },
  { args: ["--autoscaler"], options: { autoscaler: true } },
  { args: ["--help"], options: undefined },
])("$args", ({ args, options }) => {
  expect(parseOptions(args)).toEqual(options);
});

test.each(["--autoscaling", "three"])("%s is refused", arg => {
  expect(() => parseOptions([arg])).toThrow(arg);
});
