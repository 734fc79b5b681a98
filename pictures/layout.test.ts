import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { endOfBar, isWait, rowsOf, shortened, startOfBar, type Row } from "./layout";
import type { Span, Timeline } from "./timeline";

const MOST = 100_000;
const NODES = ["node-1", "node-2"];

const spans: fc.Arbitrary<Span> = fc
  .record({
    run: fc.constantFrom("a", "build", "a-run-with-a-long-name"),
    name: fc.constantFrom("x", "compile", "a-task-with-a-long-name"),
    kind: fc.constantFrom("placeholder" as const, "pod" as const),
    node: fc.option(fc.constantFrom(...NODES), { nil: undefined }),
    times: fc.array(fc.integer({ min: 0, max: MOST }), { minLength: 3, maxLength: 3 }),
    hasEnded: fc.boolean(),
  })
  .map(({ node, times, hasEnded, ...span }) => {
    const [from, bound, until] = times.sort((one, other) => one - other) as [number, number, number];
    return { ...span, from, ...(node !== undefined && { node, bound }), ...(hasEnded && { until }) };
  });

const timeline = (all: Span[]): Timeline => ({
  title: "",
  from: 0,
  until: MOST,
  nodes: NODES.map(name => ({ name, from: 0 })),
  spans: all,
});
const scale = { of: (at: number): number => 50 + at / 100, left: 50, right: 1100 };

function overlaps({ bars }: Row): string[] {
  const pairs = bars.flatMap((one, index) => bars.slice(index + 1).map(other => [one, other] as const));
  return pairs
    .filter(
      ([one, other]) =>
        one.lane === other.lane && startOfBar(one) < endOfBar(other) && startOfBar(other) < endOfBar(one),
    )
    .map(([one, other]) => `${one.says} and ${other.says}`);
}

test("no bar and no words stand over others, and every bar is in a lane of its row", () => {
  fc.assert(
    fc.property(fc.array(spans, { maxLength: 30 }), all => {
      for (const row of rowsOf(timeline(all), scale)) {
        expect(overlaps(row)).toEqual([]);
        expect(row.bars.every(({ lane }) => lane < row.lanes)).toBe(true);
      }
    }),
  );
});

test("everything that was on a node is shown there, and what waited for longer than a moment", () => {
  fc.assert(
    fc.property(fc.array(spans, { maxLength: 30 }), all => {
      const bars = rowsOf(timeline(all), scale).flatMap(row => row.bars);
      const waits = all.filter(span => isWait(span, scale));
      expect(bars.filter(({ kind }) => kind === "waiting")).toHaveLength(waits.length);
      expect(bars.filter(({ kind }) => kind !== "waiting")).toHaveLength(
        all.filter(({ node }) => node).length,
      );
    }),
  );
});

test.each([
  { what: "of a second", span: { from: 0, bound: 1000 }, ofPixels: 100, shown: false },
  { what: "that is seen", span: { from: 0, bound: 5000 }, ofPixels: 1000, shown: true },
  { what: "of less than can be seen", span: { from: 0, bound: 5000 }, ofPixels: 10_000, shown: false },
  { what: "that is not over", span: { from: MOST }, ofPixels: 10_000, shown: true },
])("a wait $what is shown: $shown", ({ span, ofPixels, shown }) => {
  const of = (at: number): number => at / ofPixels;
  expect(isWait({ run: "r", name: "n", kind: "pod", ...span }, { ...scale, of })).toBe(shown);
});

test("words stand in a bar that has room for them, else behind it", () => {
  const pod = (name: string, bound: number, until: number): Span => ({
    ...{ run: "r", name, kind: "pod", from: bound, node: "node-1", bound, until },
  });
  const [row] = rowsOf(timeline([pod("long", 0, 50_000), pod("short", 60_000, 60_100)]), scale);
  expect(row!.bars.map(({ isLabelInside }) => isLabelInside)).toEqual([true, false]);
  expect(row!.bars[1]!.labelX).toBeGreaterThan(row!.bars[1]!.x + row!.bars[1]!.width);
});

test("placeholders stand above pods", () => {
  const at = { run: "r", name: "n", from: 0, node: "node-1", bound: 0, until: 50_000 };
  const [row] = rowsOf(
    timeline([
      { ...at, kind: "pod" },
      { ...at, kind: "placeholder" },
    ]),
    scale,
  );
  expect(row!.bars.map(({ kind, lane }) => [kind, lane])).toEqual([
    ["placeholder", 0],
    ["pod", 1],
  ]);
});

test("words that have no room behind a bar stand before it, and none leave the picture", () => {
  const late = {
    run: "r",
    name: "a-name-of-some-length",
    kind: "pod" as const,
    from: MOST,
    node: "node-1",
    bound: MOST,
  };
  const [row] = rowsOf(timeline([late]), { ...scale, right: 1060 });
  expect(row!.bars[0]!.labelX).toBeLessThan(row!.bars[0]!.x);
  fc.assert(
    fc.property(fc.array(spans, { maxLength: 30 }), all => {
      const bars = rowsOf(timeline(all), scale).flatMap(one => one.bars);
      expect(bars.filter(one => endOfBar(one) > scale.right + 10 || startOfBar(one) < scale.left)).toEqual(
        [],
      );
    }),
  );
});

test("of a name that is too long, its end is shown", () => {
  expect(shortened("gke-pool-1234-abcd", 8)).toBe("…34-abcd");
  expect(shortened("node-1", 8)).toBe("node-1");
});

test("words beside the last bar of a node stand before it, where behind it the node ends", () => {
  const last: Span = {
    run: "build",
    name: "report",
    kind: "pod",
    node: "node-1",
    from: 97_000,
    bound: 97_000,
  };
  const [row] = rowsOf(timeline([{ ...last, until: 99_000 }]), { ...scale, right: 2000 });
  const [bar] = row!.bars;
  expect(bar!.labelX).toBeLessThan(bar!.x);
});
