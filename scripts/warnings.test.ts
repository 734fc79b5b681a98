import { expect, test } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { WARNING_REASONS } from "../capabilities/tekton/warning";
import { CHECKOUT, pages } from "./pages";

const sources = readdirSync(join(CHECKOUT, "capabilities"), { recursive: true, encoding: "utf8" })
  .filter(name => name.endsWith(".ts") && !/\.test\.ts$|^testing/.test(name))
  .map(name => readFileSync(join(CHECKOUT, "capabilities", name), "utf8"))
  .join("\n");
const docs = pages().filter(({ file }) => file.startsWith("docs/"));

test("the page of Warnings has none that the operator does not know", () => {
  const { text } = docs.find(({ file }) => file === "docs/troubleshooting.md")!;
  const section = text.split("## Warnings")[1]!.split("\n## ")[0]!;
  const reasons = [...section.matchAll(/^\| `(\w+)` /gm)].map(([, reason]) => reason!);
  expect(reasons.length).toBeGreaterThan(10);
  expect(reasons.filter(reason => !sources.includes(`"${reason}"`))).toEqual([]);
});

test("each reason of an Event stands in docs/", () => {
  const reasons = new Set([...sources.matchAll(/reason: "([A-Z]\w+)"/g)].map(([, reason]) => reason!));
  expect(reasons.size).toBeGreaterThan(10);
  expect([...reasons].filter(reason => !docs.some(({ text }) => text.includes(`\`${reason}\``)))).toEqual([]);
});

test("the page of Warnings has every one of them", () => {
  const { text } = docs.find(({ file }) => file === "docs/troubleshooting.md")!;
  expect(WARNING_REASONS.filter(reason => !text.includes(`\n| \`${reason}\` `))).toEqual([]);
});
