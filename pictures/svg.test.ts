import { expect, test } from "@jest/globals";
import { contrast, paintOf } from "./colours";
import { PADDING } from "./layout";
import { svgOf } from "./svg";
import type { Timeline } from "./timeline";

const timeline: Timeline = {
  title: 'A & B <of "c">',
  from: 0,
  until: 40_000,
  nodes: [{ name: "node-1", from: 0 }],
  spans: [
    { run: "a<b", name: "compile", kind: "pod", from: 0, node: "node-1", bound: 0, until: 30_000 },
    { run: "late", name: "late", kind: "placeholder", from: 0 },
  ],
};

/** Tags that are opened and closed; enough to see that text is escaped and nothing is left open. */
function unclosed(svg: string): string[] {
  const open: string[] = [];
  for (const [, close, name, self] of svg.matchAll(/<(\/?)(\w+)[^<>]*?(\/?)>/g)) {
    if (close) expect(open.pop()).toBe(name);
    else if (!self) open.push(name!);
  }
  return open;
}

test("is well-formed, whatever names hold", () => {
  const svg = svgOf([timeline]);
  expect(unclosed(svg)).toEqual([]);
  expect(svg).toContain("A &amp; B &lt;of &quot;c&quot;&gt;");
  expect(svg).toContain("a&lt;b");
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

test("of nothing is well-formed too", () => {
  const svg = svgOf([{ title: "", from: 5, until: 5, nodes: [], spans: [] }]);
  expect(unclosed(svg)).toEqual([]);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

test("is light or dark as the reader has it, unless one is asked for", () => {
  expect(svgOf([timeline])).toContain("@media (prefers-color-scheme:dark)");
  expect(svgOf([timeline], "light")).not.toContain("@media");
  expect(svgOf([timeline], "dark")).toContain(".paper{fill:#0d1117}");
});

test("words before a bar end where it begins, however wide they are", () => {
  const late = { run: "a-long-name-of-a-run", name: "x", kind: "placeholder" as const, node: "node-1" };
  const svg = svgOf([{ ...timeline, spans: [{ ...late, from: 39_000, bound: 39_500 }] }]);
  const [, bar, end] = /<rect x="([\d.]+)"[^>]*\/><text x="([\d.]+)"[^>]*text-anchor="end"/.exec(svg)!;
  expect(Number(bar) - Number(end)).toBeCloseTo(PADDING);
});

test("a run has the same colour in every timeline of the picture", () => {
  const svg = svgOf([timeline, { ...timeline, title: "2" }]);
  const fills = [...svg.matchAll(/<title>a&lt;b: compile[^<]*<\/title><rect[^>]* fill="(#\w+)"/g)].map(
    ([, fill]) => fill,
  );
  expect(fills).toHaveLength(2);
  expect(new Set(fills).size).toBe(1);
});

test("runs can be told apart, letters on them read, and bars seen on light and dark", () => {
  const paints = Array.from({ length: 12 }, (_, index) => paintOf(index));
  expect(new Set(paints.map(({ fill, isStriped }) => `${fill} ${isStriped}`)).size).toBe(12);
  for (const { fill, ink } of paints) {
    expect(contrast(fill, ink)).toBeGreaterThan(4.5);
    expect(contrast(fill, "#ffffff")).toBeGreaterThan(1.9);
    expect(contrast(fill, "#0d1117")).toBeGreaterThan(3);
  }
});
