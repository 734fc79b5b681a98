import { describe, expect, test } from "@jest/globals";
import { aRun, placeholderOf, placeholderPodOf } from "../testing/builders";
import type { Observed } from "../phases/observed";
import type { Step } from "../phases/steps";
import type { Reservation } from "../room/reservation";
import { duration, movingEvent, placedEvent } from "./placed";

const { run } = aRun().held();
const wide: Reservation = {
  ask: { cpu: 4000, memory: 2 ** 30 },
  floor: { cpu: 10, memory: 2 ** 24 },
  firstWave: { cpu: 2000, memory: 2 ** 30 },
  tasks: [],
};
const observedWith = (reservation?: Reservation): Observed => ({
  run,
  statefulSet: placeholderOf(run, reservation),
  pods: [],
  taskRuns: [],
  customRuns: [],
  children: [],
  coschedule: "disabled",
});
const release: Extract<Step, { kind: "release" }> = {
  kind: "release",
  placeholder: "p",
  node: "node-1",
  topologyKey: "kubernetes.io/hostname",
  pod: placeholderPodOf(run, "node-1"),
  why: "bound",
};

describe("a run that is placed", () => {
  test("at once, and keeps no room: nothing is said", () => {
    expect(placedEvent(release, observedWith(), 0.2, undefined)).toBeUndefined();
  });

  test("at once, with room: where, after how long, and what is kept, in one Event", () => {
    const told = placedEvent(release, observedWith(wide), 0.234, "It asks for cpu 4.");
    expect(told).toMatchObject({ type: "Normal", reason: "Placed" });
    expect(told!.message).toBe(
      "Placed on node-1 after 0.2 s. It asks for cpu 4. " +
        "Beside its first pods, cpu 2, memory 16Mi stay reserved for later ones.",
    );
  });

  test("by another process than the one that made its placeholder: what is reserved is known all the same", () => {
    const { message } = placedEvent(release, observedWith(wide), 1, undefined)!;
    expect(message).toBe(
      "Placed on node-1 after 1.0 s. Its placeholder asks for cpu 4, memory 1Gi. " +
        "Beside its first pods, cpu 2, memory 16Mi stay reserved for later ones.",
    );
  });

  test("after a wait, with nothing reserved: where, and after how long", () => {
    expect(placedEvent(release, observedWith(), 42.3, undefined)!.message).toBe(
      "Placed on node-1 after 42 s.",
    );
  });
});

test.each([
  [0.04, "0.0 s"],
  [9.94, "9.9 s"],
  [61, "61 s"],
  [600, "10 min"],
])("%d s: %s", (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});

describe("a placeholder that moves", () => {
  test.each([
    { why: "strangers have taken the room of its next pods", end: "." },
    { why: "its next pods find no place on node-1: 0/2 nodes are available: 2 Insufficient cpu.", end: "" },
  ])("is told with its node and why, in one sentence: $why", ({ why, end }) => {
    const pod = placeholderPodOf(run, "node-1");
    expect(movingEvent({ kind: "start-over", reason: "no_place", pod, why }).message).toBe(
      `Its placeholder leaves node-1 and looks for a node anew: ${why}${end}`,
    );
  });
});
