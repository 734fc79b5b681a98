import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decideResizes, isWaitingForRoom } from "./decide";
import { allocatedPod, amounts, podRequests, sum } from "./requests";
import { pod, type PodBuilder } from "./testing";

const NODE = amounts({ cpu: "4", memory: "8Gi" });
const LATE = "2026-01-01T00:00:09Z";
const EARLY = "2026-01-01T00:00:01Z";

/** Each decision as `name: outcome`, in order. */
function decided(...builders: PodBuilder[]): string[] {
  return decideResizes(
    NODE,
    builders.map(builder => builder.pod),
  ).map(decision => `${decision.pod.metadata!.name}: ${decision.outcome}`);
}

const small = (name: string): PodBuilder => pod(name, { cpu: "1" });
const stranger = (cpu: string): PodBuilder => pod("stranger", { cpu });

describe("a resize", () => {
  test.each<[string, PodBuilder[], string[]]>([
    ["nothing is asked for", [small("a"), stranger("3")], []],
    ["the same in other words", [small("a").asks({ cpu: "1000m" })], []],
    [
      "into free room, to the last thousandth",
      [small("a").asks({ cpu: "2" }), stranger("2")],
      ["a: granted"],
    ],
    ["a thousandth too much", [small("a").asks({ cpu: "2001m" }), stranger("2")], ["a: deferred"]],
    ["of memory into free room", [small("a").asks({ cpu: "1", memory: "8Gi" })], ["a: granted"]],
    ["of memory, a byte too much", [small("a").asks({ cpu: "1", memory: "8589934593" })], ["a: deferred"]],
    [
      "one resource less, the other more than there is",
      [pod("a", { cpu: "2", memory: "1Gi" }).asks({ cpu: "1", memory: "9Gi" })],
      ["a: deferred"],
    ],
    [
      "less, even where more is given than there is",
      [small("a").asks({ cpu: "500m" }), stranger("9")],
      ["a: granted"],
    ],
    ["of limits alone", [small("a").asks({ cpu: "1" }, { cpu: "9" }), stranger("9")], ["a: granted"]],
    [
      "beside a pod that has ended",
      [small("a").asks({ cpu: "4" }), stranger("3").phase("Failed")],
      ["a: granted"],
    ],
    [
      "beside a pod that has not started",
      [small("a").asks({ cpu: "2" }), stranger("3").unstarted()],
      ["a: deferred"],
    ],
    ["of a pod that has not started", [small("a").asks({ cpu: "9" }).unstarted()], []],
    ["of a pod that has ended", [small("a").asks({ cpu: "2" }).phase("Succeeded")], []],
    [
      "that waited for a pod that has ended since",
      [small("a").asks({ cpu: "2" }).waiting(EARLY).phase("Failed")],
      ["a: none"],
    ],
    ["that was withdrawn", [small("a").waiting(EARLY), stranger("3")], ["a: none"]],
    [
      "what another asks for and has not is free",
      [small("a").asks({ cpu: "2" }), stranger("2").asks({ cpu: "9" })],
      ["a: granted", "stranger: deferred"],
    ],
  ])("%s", (_, builders, expected) => {
    expect(decided(...builders)).toEqual(expected);
  });

  test("that is deferred says what is short, the first of two", () => {
    const asking = small("a").asks({ cpu: "2", memory: "9Gi" }).pod;
    expect(decideResizes(NODE, [asking, stranger("3").pod])[0]).toMatchObject({
      message: "Node didn't have enough resource: cpu, requested: 2000, used: 3000, capacity: 4000",
    });
  });
});

describe("of two for whom there is room once", () => {
  test.each<[string, PodBuilder, PodBuilder]>([
    ["the higher priority", small("a"), small("b").priority(5)],
    ["the Guaranteed one", small("a").waiting(EARLY), small("b").guaranteed()],
    ["priority before class", small("a").guaranteed(), small("b").priority(1)],
    ["the one that has waited longer", small("a").waiting(LATE), small("b").waiting(EARLY)],
    ["the one that has waited at all", small("a"), small("b").waiting(LATE)],
  ])("%s has it", (_, loser, winner) => {
    const builders = [loser.asks({ cpu: "3" }), winner.asks({ cpu: "3" })];
    expect(decided(...builders)).toEqual(["b: granted", "a: deferred"]);
  });

  test("what shrinks makes room first, whatever its priority", () => {
    const grows = small("a").asks({ cpu: "3" }).priority(9);
    expect(decided(grows, pod("b", { cpu: "3" }).asks({ cpu: "1" }))).toEqual(["b: granted", "a: granted"]);
  });
});

test.each<[string, PodBuilder, boolean]>([
  ["decided on as it is", small("a").asks({ cpu: "9" }).waiting(EARLY), true],
  ["changed since", small("a").asks({ cpu: "9" }).waiting(EARLY, "", 1), false],
  ["not decided on", small("a").asks({ cpu: "9" }), false],
  ["withdrawn", small("a").waiting(EARLY, "", 1), false],
])("waiting for room: %s", (_, builder, expected) => {
  expect(isWaitingForRoom(builder.pod)).toBe(expected);
});

test("a node with room is never given away twice", () => {
  const cores = fc.integer({ min: 1, max: 40 }).map(tenths => `${tenths * 100}m`);
  const pods = fc.array(fc.tuple(fc.constantFrom("100m", "500m"), cores), { maxLength: 8 });
  fc.assert(
    fc.property(pods, sizes => {
      const all = sizes.map(([has, asks], index) => pod(`p${index}`, { cpu: has }).asks({ cpu: asks }).pod);
      const granted = new Set(
        decideResizes(NODE, all)
          .filter(({ outcome }) => outcome === "granted")
          .map(decision => decision.pod),
      );
      const used = all.map(each => podRequests(granted.has(each) ? each : allocatedPod(each)));
      expect(used.reduce(sum, amounts({})).cpu).toBeLessThanOrEqual(NODE.cpu);
    }),
  );
});
