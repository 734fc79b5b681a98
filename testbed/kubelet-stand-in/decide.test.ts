import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decideResizes, isWaitingForRoom, openSteps, type Step } from "./decide";
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
    ["the same in other words", [small("a").asks({ cpu: "1000m" })], ["a: none"]],
    [
      "into free room, to the last thousandth",
      [small("a").asks({ cpu: "2" }), stranger("2")],
      ["a: allocated"],
    ],
    ["a thousandth too much", [small("a").asks({ cpu: "2001m" }), stranger("2")], ["a: deferred"]],
    ["of memory into free room", [small("a").asks({ cpu: "1", memory: "8Gi" })], ["a: allocated"]],
    ["of memory, a byte too much", [small("a").asks({ cpu: "1", memory: "8589934593" })], ["a: deferred"]],
    [
      "one resource less, the other more than there is",
      [pod("a", { cpu: "2", memory: "1Gi" }).asks({ cpu: "1", memory: "9Gi" })],
      ["a: deferred"],
    ],
    [
      "less, even where more is given than there is",
      [small("a").asks({ cpu: "500m" }), stranger("9")],
      ["a: allocated"],
    ],
    ["of limits alone", [small("a").asks({ cpu: "1" }, { cpu: "9" }), stranger("9")], ["a: allocated"]],
    [
      "beside a pod that has ended",
      [small("a").asks({ cpu: "4" }), stranger("3").phase("Failed")],
      ["a: allocated"],
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
      ["a: allocated", "stranger: deferred"],
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
    expect(decided(...builders)).toEqual(["b: allocated", "a: deferred"]);
  });

  test("what shrinks makes room first, whatever its priority", () => {
    const grows = small("a").asks({ cpu: "3" }).priority(9);
    expect(decided(grows, pod("b", { cpu: "3" }).asks({ cpu: "1" }))).toEqual([
      "b: allocated",
      "a: allocated",
    ]);
  });
});

describe("what is to be done about a pod", () => {
  const growing = (): PodBuilder => small("a").asks({ cpu: "2" });

  test.each<{ name: string; pod: PodBuilder; expected: Step[] }>([
    { name: "nothing is asked for", pod: small("a"), expected: [] },
    { name: "a resize has not been answered", pod: growing(), expected: ["answer"] },
    { name: "it waits for room", pod: growing().waiting(EARLY), expected: [] },
    { name: "changed since it waits for room", pod: growing().waiting(EARLY, "", 1), expected: ["answer"] },
    {
      name: "withdrawn, its condition still there",
      pod: small("a").generation(3).waiting(EARLY),
      expected: ["answer"],
    },
    { name: "withdrawn before an answer", pod: small("a").generation(3), expected: ["answer"] },
    { name: "allocated and not in force", pod: growing().inProgress({ cpu: "2" }), expected: ["actuate"] },
    {
      name: "changed again while it is not in force",
      pod: growing().generation(3).inProgress({ cpu: "3" }),
      expected: ["actuate", "answer"],
    },
    {
      name: "ended while it was not in force",
      pod: growing().inProgress({ cpu: "2" }).phase("Failed"),
      expected: ["answer"],
    },
    { name: "ended with a resize unanswered", pod: growing().phase("Failed"), expected: [] },
  ])("$name", ({ pod: { pod: asking }, expected }) => {
    expect(openSteps(asking)).toEqual(expected);
  });

  test("is decided on when it is due, and not before", () => {
    const pods = [growing().pod, small("b").asks({ cpu: "2" }).inProgress({ cpu: "2" }).pod];
    const outcomes = (due: Step[]) =>
      decideResizes(NODE, pods, (_, step) => due.includes(step)).map(({ outcome }) => outcome);
    expect([outcomes([]), outcomes(["answer"]), outcomes(["actuate"])]).toEqual([
      [],
      ["allocated"],
      ["actuated"],
    ]);
  });

  test("a growth that waits is decided on anew whenever something happens on its node", () => {
    const waiting = growing().waiting(EARLY).pod;
    expect(decideResizes(NODE, [waiting], () => false)).toEqual([{ pod: waiting, outcome: "allocated" }]);
  });
});

test.each<[string, PodBuilder, string[]]>([
  [
    "is taken by what is allocated and not in force yet",
    pod("b", { cpu: "1" }).asks({ cpu: "3" }).inProgress({ cpu: "3" }),
    ["b: actuated", "a: deferred"],
  ],
  [
    "is free of what is in force and not allocated any more",
    pod("b", { cpu: "3" }).asks({ cpu: "1" }).inProgress({ cpu: "1" }),
    ["b: actuated", "a: allocated"],
  ],
])("room %s", (_, other, expected) => {
  expect(decided(small("a").asks({ cpu: "2" }), other)).toEqual(expected);
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
          .filter(({ outcome }) => outcome === "allocated")
          .map(decision => decision.pod),
      );
      const used = all.map(each => podRequests(granted.has(each) ? each : allocatedPod(each)));
      expect(used.reduce(sum, amounts({})).cpu).toBeLessThanOrEqual(NODE.cpu);
    }),
  );
});
