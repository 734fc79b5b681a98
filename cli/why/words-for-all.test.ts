/** Whatever the controller can do or say, `why` has words for it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { TABLE } from "../../capabilities/phases/table";
import { REASONS } from "../../capabilities/tekton/reasons";
import { ADVICE } from "./advice";

const CAPABILITIES = join(__dirname, "..", "..", "capabilities");

const sources = readdirSync(CAPABILITIES, { recursive: true, encoding: "utf8" }).filter(
  file => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.startsWith("testing"),
);
/** A Warning's, not a condition's: these begin with a capital as well, and are compared, not given. */
const GIVEN = /^\s*(?:type: "Normal", )?reason: "([A-Z]\w+)"|\{[^{}]*type: "Normal", reason: "([A-Z]\w+)"/gm;

test("every reason that the controller gives is in the table of reasons", () => {
  const given = sources.flatMap(file =>
    [...readFileSync(join(CAPABILITIES, file), "utf8").matchAll(GIVEN)].map(match => match[1] ?? match[2]!),
  );
  // Else they are not found in this way any more.
  expect(given.length).toBeGreaterThan(10);
  expect([...new Set(given)].filter(reason => !Object.hasOwn(REASONS, reason))).toEqual([]);
});

test("every reason has words for what it means and what to do, as sentences", () => {
  for (const [reason, { means, todo }] of Object.entries(REASONS)) {
    expect(`${reason}: ${means}`).toMatch(/\w: [^A-Z]?.*[^.]$/);
    expect(`${reason}: ${todo}`).toMatch(/: [A-Z].*\.$/);
  }
});

test("every row of the controller's table that makes a run wait has advice", () => {
  const waiting = TABLE.filter(({ takes }) => takes.includes("wait")).map(({ name }) => name);
  expect([...new Set(waiting)].filter(name => !Object.hasOwn(ADVICE, name))).toEqual([]);
});

test("there is no advice for a row that is not there", () => {
  const names = new Set(TABLE.map(({ name }) => name));
  expect(Object.keys(ADVICE).filter(name => !names.has(name))).toEqual([]);
});
