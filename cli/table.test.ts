import { expect, test } from "@jest/globals";
import { tableLines } from "./table";

const rows = [
  ["x", "short"],
  ["longer", { text: "a text that is wider than there is room for", colour: "green" as const }],
];

test("in a pipe every row is one line, without colours", () => {
  expect(tableLines(["A", "B"], rows, { width: Infinity, colour: false })).toEqual([
    "A       B",
    "x       short",
    "longer  a text that is wider than there is room for",
  ]);
});

test("on a terminal the last column is wrapped to its width, and keeps its colour", () => {
  const lines = tableLines(["A", "B"], rows, { width: 34, colour: true });
  const plain = lines.map(line => line.replace(/\x1b\[\d+m/g, "").trimEnd());
  expect(plain).toEqual([
    "A       B",
    "x       short",
    "longer  a text that is wider than",
    "        there is room for",
  ]);
  expect(lines.join("\n")).toContain("\x1b[32m");
});
