import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { PAGE_FILE, phasesPage } from "./diagram";
import { TABLE } from "./table";

test("docs/phases.md is what the table says; `npm run docs` writes it", () => {
  expect(readFileSync(PAGE_FILE, "utf8")).toBe(phasesPage());
});

test("rows of the table can be told apart by name, stages and phases", () => {
  const names = TABLE.map(({ name, stages, phases }) => `${name}, ${stages.join()}, ${phases?.join()}`);
  expect(new Set(names).size).toBe(names.length);
});
