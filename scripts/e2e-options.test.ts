import { expect, test } from "@jest/globals";
import { parseOptions } from "./e2e-options";

test.each<[string[], string | undefined, string[]]>([
  [["e2e"], undefined, ["e2e"]],
  [["e2e", "--kubernetes", "1.37", "-t", "claims"], "1.37", ["e2e", "-t", "claims"]],
])("%j", (args, kubernetes, rest) => {
  expect(parseOptions(args)).toEqual({ kubernetes, rest });
});

test.each([
  [["e2e", "--kubernetes"], "--kubernetes has no value; allowed: 1.34, 1.37"],
  [["--kubernetes", "1.2"], '--kubernetes has the value "1.2"; allowed: 1.34, 1.37'],
])("%j is refused", (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
});
