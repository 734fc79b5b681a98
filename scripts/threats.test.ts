/** Each threat of the threat model names the tests that hold its control, by their titles, and they are there. */
import { describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT } from "./pages";

const FILE = join("docs", "threat-model.md");

interface Threat {
  id: string;
  what: string;
  tests: { title: string; file: string }[];
}

function threatsOf(page: string): Threat[] {
  const rows = [...page.matchAll(/^\| (T\d+) +\|(.*)\|$/gm)];
  return rows.map(([, id, cells]) => {
    const parts = cells!.split(" | ");
    const links = [...parts.at(-1)!.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)];
    const tests = links.map(([, title, target]) => ({ title: title!, file: join("docs", target!) }));
    return { id: id!, what: parts[1]!, tests };
  });
}

/** Whatever the function is that makes a test of it: a title stands in quotes. */
function hasTest(text: string, title: string): boolean {
  const literals = [...text.matchAll(/"((?:[^"\\\n]|\\.)*)"|`([^`]*)`/g)].map(
    ([, quoted, template]) => quoted ?? template!,
  );
  return text.includes('from "@jest/globals"') && literals.some(literal => literal.includes(title));
}

const page = readFileSync(join(CHECKOUT, FILE), "utf8");
const threats = threatsOf(page);

test("threats are counted from T1 on", () => {
  expect(threats.length).toBeGreaterThan(10);
  expect(threats.map(({ id }) => id)).toEqual(threats.map((_, index) => `T${index + 1}`));
});

test("every asset is in danger, or would be none", () => {
  const assets = [...page.matchAll(/^\| (A\d+) /gm)].map(([, id]) => id!);
  const endangered = new Set(threats.flatMap(({ what }) => what.match(/A\d+/g) ?? []));
  expect([...endangered].sort()).toEqual(assets);
});

test.each(threats)("$id has tests, and they are there", ({ tests }) => {
  expect(tests.length).toBeGreaterThan(0);
  const missing = tests.filter(
    ({ file, title }) => !hasTest(readFileSync(join(CHECKOUT, file), "utf8"), title),
  );
  expect(missing).toEqual([]);
});

describe("a test is found by its title", () => {
  const text = 'import { test } from "@jest/globals";\n// is not here\ntest("is here", () => {});\n';
  test.each([
    { of: text, title: "is here", found: true },
    { of: text, title: "is not here", found: false },
    { of: 'say("is here")', title: "is here", found: false },
  ])("$title in $of: $found", ({ of, title, found }) => {
    expect(hasTest(of, title)).toBe(found);
  });
});
