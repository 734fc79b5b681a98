/** `npm run readme` writes the README's table of settings; a test fails when it is not what the schema says. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { settingsTable } from "./settings";

const START = "<!-- settings: npm run readme -->";
const END = "<!-- end of settings -->";

/** @throws Error when the marks between which the table stands are not there */
export function updated(readme: string): string {
  const [before, rest] = readme.split(START);
  const [, after] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined) throw new Error(`the README lacks ${START} or ${END}`);
  return `${before}${START}\n\n${settingsTable()}\n\n${END}${after}`;
}

if (require.main === module) {
  const file = join(__dirname, "..", "README.md");
  writeFileSync(file, updated(readFileSync(file, "utf8")));
}
