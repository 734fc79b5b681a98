import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { TABLES, updated } from "./tables";

test.each(TABLES)("the table of $name is what the code says; `npm run readme` writes it", table => {
  const page = readFileSync(table.file, "utf8");
  expect(updated(page, table)).toBe(page);
});

test("a page without the marks is told, with the mark", () => {
  const table = { name: "settings", file: "settings.md", text: () => "" };
  expect(() => updated("no marks", table)).toThrow(
    "settings.md lacks <!-- settings: npm run readme --> or <!-- end of settings -->",
  );
});
