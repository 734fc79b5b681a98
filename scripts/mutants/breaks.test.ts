/** That each break can still be made: whether tests notice them, `npm run mutants` says. */
import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT } from "../pages";
import { MUTANTS } from "./breaks";

test.each(MUTANTS)("$name", ({ file, find, replace }) => {
  expect(readFileSync(join(CHECKOUT, file), "utf8").split(find)).toHaveLength(2);
  expect(replace).not.toBe(find);
});
