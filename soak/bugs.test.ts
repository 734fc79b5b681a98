import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { broken, BUGS } from "./bugs";

test.each(BUGS)("$name changes the operator as it is now", bug => {
  const source = readFileSync(bug.file, "utf8");
  expect(broken(source, bug)).not.toBe(source);
});

test("a text that is not there is told", () => {
  expect(() => broken("something else", BUGS[0]!)).toThrow("does not stand exactly once");
});
