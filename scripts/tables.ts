/** `npm run readme` writes the tables of docs/ that code decides; a test fails when one is not what the code says. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { budgetTable } from "../bench/budget";
import { settingsTable } from "../chart/settings";

export interface Table {
  /** Stands in the marks around it. */
  name: string;
  file: string;
  /** Markdown with aligned columns. */
  text: () => string;
  /** What writes it. Default: `npm run readme`. */
  command?: string;
}

export const DOCS = join(__dirname, "..", "docs");

export const TABLES: readonly Table[] = [
  { name: "settings", file: join(DOCS, "settings.md"), text: settingsTable },
  { name: "budget", file: join(DOCS, "benchmarks.md"), text: budgetTable },
];

/**
 * The page with the table between its marks.
 *
 * @throws Error when the marks are not there
 */
export function updated(page: string, { name, file, text, command = "npm run readme" }: Table): string {
  const start = `<!-- ${name}: ${command} -->`;
  const end = `<!-- end of ${name} -->`;
  const [before, rest] = page.split(start);
  const [, after] = rest?.split(end) ?? [];
  if (before === undefined || after === undefined) throw new Error(`${file} lacks ${start} or ${end}`);
  return `${before}${start}\n\n${text()}\n\n${end}${after}`;
}

if (require.main === module) {
  for (const table of TABLES) writeFileSync(table.file, updated(readFileSync(table.file, "utf8"), table));
}
