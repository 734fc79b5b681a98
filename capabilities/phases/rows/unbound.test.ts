import { describe, expect, test } from "@jest/globals";
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import type { Resources } from "../../demand/resources";
import type { PlaceholderRecord } from "../../placement/record";
import type { Reservation } from "../../room/reservation";
import {
  aRun,
  observed,
  PLACEHOLDER_POD_UID,
  placeholderOf,
  placeholderPodOf,
  runPod,
  unschedulable,
  withPlaceholder,
} from "../../testing/builders";
import { stepFor } from "../../testing/decide";
import type { NodeState } from "../../placement/node-state";
import { asking } from "../../testing/stateful-sets";

const GI = 2 ** 30;
const floor = { cpu: 10, memory: 16 * 2 ** 20 };
const ask = { cpu: 4000, memory: GI };
const less = { cpu: 3000, memory: GI };
const kept: Reservation = { ask, floor, firstWave: { cpu: 1000 }, tasks: [] };
const held = () => aRun().held().run;
const placed = () => aRun().placed().run;

const setOf = (asks: Resources, record?: Partial<PlaceholderRecord>) => asking(asks, kept, record);
const podOf = (asked: Resources): V1Pod => placeholderPodOf(held(), undefined, kept, asked);
const pinned = { pinnedTo: "node-1", replaces: "uid-of-an-earlier-pod" };
const runsOn = (node: string): V1Pod => {
  const pod = runPod("Running");
  return { ...pod, spec: { ...pod.spec!, nodeName: node } };
};

describe("before release", () => {
  test.each([
    { name: "waits for the placeholder's pod", set: setOf(ask), pods: [], kind: "wait" },
    { name: "waits for a node", set: setOf(ask), pods: [podOf(ask)], kind: "wait" },
    {
      name: "waits for a node that has the room",
      set: setOf(ask),
      pods: [unschedulable(podOf(ask))],
      kind: "wait",
    },
    {
      name: "waits with a smaller pod until the scheduler speaks",
      set: setOf(floor, { isSettled: true }),
      pods: [podOf(floor)],
      kind: "wait",
    },
    {
      name: "starts over where not even a smaller pod fits",
      set: setOf(floor, { isSettled: true }),
      pods: [unschedulable(podOf(floor))],
      kind: "start-over",
    },
    {
      name: "starts over where the pinned node is gone",
      set: setOf(less, pinned),
      pods: [unschedulable(podOf(less))],
      kind: "start-over",
    },
    {
      name: "waits with a pinned pod until the scheduler speaks",
      set: setOf(less, pinned),
      pods: [podOf(less)],
      kind: "wait",
    },
    {
      name: "makes the pod of before the change again",
      set: setOf(ask, { moves: 1, replaces: PLACEHOLDER_POD_UID }),
      pods: [podOf(floor)],
      kind: "remake-pod",
    },
    {
      name: "waits with the pod that was made since",
      set: setOf(ask, { moves: 1, replaces: "uid-of-an-earlier-pod" }),
      pods: [unschedulable(podOf(ask))],
      kind: "wait",
    },
  ])("$name", ({ set, pods, kind }) => {
    expect(stepFor(observed(held(), { statefulSet: set, pods })).kind).toBe(kind);
  });

  test("says why there is no node", () => {
    const why = (pod: V1Pod) => stepFor(observed(held(), { statefulSet: setOf(ask), pods: [pod] })).why;
    expect(why(unschedulable(podOf(ask)))).toContain("0/3 nodes are available");
    expect(why(podOf(ask))).toContain("not said why yet");
  });

  test.each([
    {
      name: "belongs to another StatefulSet",
      spoil: (pod: V1Pod) => (pod.metadata!.ownerReferences![0]!.uid = "x"),
    },
    { name: "is being deleted", spoil: (pod: V1Pod) => (pod.metadata!.deletionTimestamp = new Date(0)) },
    { name: "has failed", spoil: (pod: V1Pod) => (pod.status!.phase = "Failed") },
  ])("is not released by a bound pod that $name", ({ spoil }) => {
    const seen = withPlaceholder(held(), "node-1");
    spoil(seen.pods[0]!);
    expect(stepFor(seen).kind).toBe("wait");
  });
});

describe("while the run goes", () => {
  const next = (statefulSet: V1StatefulSet, ...pods: V1Pod[]) =>
    stepFor(observed(placed(), { statefulSet, pods }));

  test("a pinned placeholder whose node does not take it looks for another, with the floor beside its run's pods", () => {
    const lost = unschedulable(podOf(floor));
    expect(next(setOf(floor, pinned), lost, runsOn("node-1"))).toMatchObject({
      kind: "start-over",
      ask: floor,
    });
    expect(next(setOf(floor, pinned), lost)).toMatchObject({ kind: "start-over", ask });
  });

  describe("a lost placeholder that no node takes", () => {
    const affinity = "0/3 nodes are available: 3 node(s) didn't match pod affinity rules.";
    const settled = { isSettled: true };
    test.each([
      { what: "waits for its run's active pods", pods: [runsOn("node-1")], kind: "wait" },
      { what: "looks for room for the rest when they have ended", kind: "start-over" },
      { what: "waits where it asks for that already", set: setOf(ask), kind: "wait" },
      {
        what: "is made anew where it was kept by its run",
        set: setOf(ask),
        words: affinity,
        kind: "start-over",
      },
      { what: "but not again at once", set: setOf(ask, { moves: 1 }), words: affinity, age: 3, kind: "wait" },
      {
        what: "some time later again",
        set: setOf(ask, { moves: 1 }),
        words: affinity,
        age: 11,
        kind: "start-over",
      },
    ])(
      "$what",
      ({ set = setOf(floor, settled), words = "0/3 nodes are available", pods = [], age = 0, kind }) => {
        const now = new Date("2026-01-01T00:00:00Z");
        const lost = unschedulable(podOf(floor), words);
        lost.metadata!.creationTimestamp = new Date(now.getTime() - age * 1000);
        const seen = observed(placed(), { statefulSet: set, pods: [lost, ...pods] });
        expect(stepFor(seen, now).kind).toBe(kind);
      },
    );
  });

  test("a placeholder without pod or node is left alone", () => {
    expect(next(setOf(floor))).toMatchObject({ kind: "wait" });
    expect(next(setOf(floor), podOf(less))).toMatchObject({ kind: "wait" });
  });

  test("made again, it gives up room that it does not find beside its run's pods", () => {
    const lost = unschedulable(podOf(ask));
    expect(next(setOf(ask), lost, runsOn("node-1"))).toMatchObject({ kind: "start-over", ask: floor });
    // Nothing of the run is anywhere: it may find another node with room for all.
    expect(next(setOf(ask), lost, runPod("Pending"))).toMatchObject({ kind: "wait" });
    expect(next(setOf(ask), podOf(ask), runsOn("node-1"))).toMatchObject({ kind: "wait" });
  });

  test.each<{ of: string; state: NodeState; kind: string }>([
    { of: "is cordoned, as by a drain", state: { isUnschedulable: true }, kind: "wait" },
    { of: "does not answer", state: { notReady: { status: "Unknown", since: "" } }, kind: "wait" },
    { of: "is as it should be", state: {}, kind: "start-over" },
  ])("made again, it keeps asking for its room where its pods' node $of: $kind", ({ state, kind }) => {
    const pods = [unschedulable(podOf(ask)), runsOn("node-1")];
    const seen = observed(placed(), { statefulSet: setOf(ask), pods });
    seen.nodeStates = new Map([["node-1", state]]);
    expect(stepFor(seen).kind).toBe(kind);
  });

  test("a policy that raises the requests of StatefulSets does not have it made again for ever", () => {
    const raised = { cpu: 100, memory: GI };
    const settled = setOf(raised, { isSettled: true, moves: 1, replaces: "uid-of-an-earlier-pod" });
    expect(next(settled, unschedulable(podOf(raised)), runsOn("node-1"))).toMatchObject({ kind: "wait" });
  });
});

describe("a run that no node can hold", () => {
  const only = { name: "only", labels: {}, taints: [], allocatable: { cpu: 1, memory: 1 } };
  const large = { ...only, allocatable: { cpu: 1000, memory: GI } };
  const decided = (onTimeout: string, setting: "wait" | "at-once", nodes: (typeof only)[] | undefined) => {
    const { run } = aRun().held().annotation("pod-affinity.tekton.dev/on-timeout", onTimeout);
    const pods = [unschedulable(placeholderPodOf(run))];
    const seen = observed(run, { statefulSet: placeholderOf(run), pods });
    if (nodes !== undefined) seen.nodes = nodes;
    return stepFor(seen, new Date(0), setting);
  };

  test.each([
    { onTimeout: "wait", setting: "wait", kind: "wait" },
    { onTimeout: "cancel", setting: "wait", kind: "wait" },
    { onTimeout: "wait", setting: "at-once", kind: "wait" },
    { onTimeout: "cancel", setting: "at-once", kind: "cancel" },
    { onTimeout: "run-anyway", setting: "at-once", kind: "let-go" },
  ] as const)("on-timeout $onTimeout, setting $setting: $kind, and is told", at => {
    const step = decided(at.onTimeout, at.setting, [only]);
    expect(step.kind).toBe(at.kind);
    expect(step.warnings).toEqual([expect.objectContaining({ reason: "NeverFits" })]);
  });

  test("nothing is said while nobody has looked at the nodes, or one is large enough", () => {
    for (const nodes of [undefined, [large]]) {
      const step = decided("cancel", "at-once", nodes);
      expect(step.kind).toBe("wait");
      expect(step.warnings ?? []).toEqual([]);
    }
  });
});
