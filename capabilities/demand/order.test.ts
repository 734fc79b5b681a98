import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { ancestors } from "../testing/antichains";
import { topologicalOrder, withoutDetours } from "./order";

const graphs = fc
  .array(fc.array(fc.nat({ max: 11 }), { maxLength: 6 }), { maxLength: 12 })
  .map(choices => choices.map((before, index) => before.filter(one => one < index)));

describe("topologicalOrder", () => {
  it("puts each after those before it, and finds no order in a circle", () => {
    expect(topologicalOrder([[2], [], [1]])).toEqual([1, 2, 0]);
    expect(topologicalOrder([[1], [2], [1], []])).toBeUndefined();
    expect(topologicalOrder([])).toEqual([]);
  });
});

describe("withoutDetours", () => {
  it("says the same with as few edges as can be", () => {
    fc.assert(
      fc.property(graphs, before => {
        const reduced = withoutDetours(before, topologicalOrder(before)!);
        expect(ancestors(reduced)).toEqual(ancestors(before));
        reduced.forEach((predecessors, vertex) =>
          predecessors.forEach(dropped => {
            const fewer = reduced.map((all, index) =>
              index === vertex ? all.filter(one => one !== dropped) : all,
            );
            expect(ancestors(fewer)).not.toEqual(ancestors(before));
          }),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it("works beyond one word of bits", () => {
    const all = Array.from({ length: 100 }, (_, index) =>
      Array.from({ length: index }, (_, before) => before),
    );
    expect(withoutDetours(all, [...all.keys()])).toEqual(
      all.map((_, index) => (index === 0 ? [] : [index - 1])),
    );
  });
});
