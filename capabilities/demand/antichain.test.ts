import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { heaviestByBruteForce, isAntichain } from "../testing/antichains";
import { AntichainFinder } from "./antichain";

const positions = [...Array(12).keys()];
const choice = fc.array(fc.constantFrom(...positions), { maxLength: 4 });

/** Up to 12 vertices in a random order; each comes directly after some of those that precede it. */
const graphs = fc
  .tuple(
    fc.array(choice, { maxLength: 12 }),
    fc.shuffledSubarray(positions, { minLength: 12, maxLength: 12 }),
  )
  .map(([choices, shuffled]) => {
    const vertices = shuffled.filter(vertex => vertex < choices.length);
    const before: number[][] = choices.map(() => []);
    choices.forEach((chosen, position) => {
      before[vertices[position]!] = chosen.filter(one => one < position).map(one => vertices[one]!);
    });
    return before;
  });
/** Small ones, so that many antichains weigh nearly the same, and as large as bytes are. */
const weight = fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 2 ** 40 }));
const weights = fc.array(weight, { minLength: 12, maxLength: 12 });

describe("the heaviest antichain", () => {
  it("weighs what the best of all antichains weighs, and is one", () => {
    fc.assert(
      fc.property(graphs, fc.array(weights, { minLength: 1, maxLength: 3 }), (before, perResource) => {
        const finder = new AntichainFinder(before);
        for (const all of perResource) {
          const own = all.slice(0, before.length);
          const found = finder.heaviest(own);
          expect(found.weight).toBe(heaviestByBruteForce(before, own));
          expect(isAntichain(before, found.members)).toBe(true);
          expect(found.members.every(vertex => own[vertex]! > 0)).toBe(true);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it("weighs never too little when the search ends early, and is said not to be exact", () => {
    fc.assert(
      fc.property(graphs, weights, fc.nat({ max: 60 }), (before, all, mostVisited) => {
        const own = all.slice(0, before.length);
        const { weight, isUpperBound } = new AntichainFinder(before, mostVisited).heaviest(own);
        const exact = heaviestByBruteForce(before, own);
        expect(weight).toBeGreaterThanOrEqual(exact);
        if (!isUpperBound) expect(weight).toBe(exact);
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[string, number[][], number[], number[]]>([
    ["of nothing is nothing", [], [], []],
    ["of one is that one", [[]], [3], [0]],
    ["of a chain is its heaviest member", [[], [0], [1]], [2, 5, 3], [1]],
    ["of strangers is all of them", [[], [], []], [2, 5, 3], [0, 1, 2]],
    ["sees an order that goes through a vertex without weight", [[], [0], [1]], [2, 0, 3], [2]],
    ["is not the widest set when a narrower one is heavier", [[], [0], [0], [0]], [9, 2, 2, 2], [0]],
    ["of an N leaves out its slanted edge", [[], [], [0, 1], [1]], [4, 1, 1, 4], [0, 3]],
  ])("%s", (_, before, own, members) => {
    expect(new AntichainFinder(before).heaviest(own).members).toEqual(members);
  });

  it("of full layers is the heaviest layer", () => {
    const before = [[], [], [0, 1], [0, 1], [0, 1], [2, 3, 4], [2, 3, 4]];
    const finder = new AntichainFinder(before);
    expect(finder.heaviest([4, 4, 3, 3, 3, 4, 4])).toEqual({ weight: 9, members: [2, 3, 4] });
    expect(finder.heaviest([5, 5, 3, 3, 3, 4, 4])).toEqual({ weight: 10, members: [0, 1] });
  });

  it("does not go on for ever in a circle, which no run has", () => {
    expect(new AntichainFinder([[1], [0]]).heaviest([1, 2]).weight).toBeLessThanOrEqual(3);
  });
});
