import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { DIRECTORY, pageOf, SITUATIONS } from "./page";

test.each(SITUATIONS.map(situation => [situation.name, situation] as const))(
  "docs/why/%s.txt is what the operator tells and `why` says; `npm run docs` writes it",
  (name, situation) => {
    expect(readFileSync(join(DIRECTORY, `${name}.txt`), "utf8")).toBe(pageOf(situation));
  },
);

test("there is a file for each situation, and no other", () => {
  expect(readdirSync(DIRECTORY).sort()).toEqual(SITUATIONS.map(({ name }) => `${name}.txt`).sort());
});
