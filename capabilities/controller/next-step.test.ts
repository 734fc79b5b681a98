import { describe, expect, test } from "@jest/globals";
import type { V1StatefulSet } from "@kubernetes/client-node";
import type { Resources } from "../demand/resources";
import { HELD_LABEL, OPTED_IN_LATE, RESERVATION_ANNOTATION } from "../keys";
import type { PipelineRun } from "../tekton/objects";
import {
  aRun,
  observed,
  placeholderOf,
  placeholderPodOf,
  runPod,
  SETTINGS,
  withPlaceholder,
} from "../testing/builders";
import { placeholderName } from "../placement/names";
import { nextStep } from "./next-step";
import type { Observed } from "./observed";
import type { Reservation } from "../room/reservation";

const step = (seen: Observed) => nextStep(seen, SETTINGS, new Date(0));
const held = () => aRun().held().run;
const change = (statefulSet: V1StatefulSet, metadata: V1StatefulSet["metadata"]): V1StatefulSet => ({
  ...statefulSet,
  metadata: { ...statefulSet.metadata, ...metadata },
});
const foreign = () => change(placeholderOf(held()), { labels: { app: "other" } });
const earlier = () =>
  change(placeholderOf(held()), {
    ownerReferences: [{ ...placeholderOf(held()).metadata!.ownerReferences![0]!, uid: "earlier" }],
  });
const orphan = () => change(placeholderOf(held()), { ownerReferences: undefined });
const deleting = () => change(placeholderOf(held()), { deletionTimestamp: new Date(0) });

describe("a held run", () => {
  test.each<[string, Observed, string]>([
    ["has no placeholder yet", observed(held()), "make-placeholder"],
    ["has one without a node", withPlaceholder(held()), "wait"],
    ["has one that is bound", withPlaceholder(held(), "node-1"), "release"],
    ["finds a StatefulSet that is not ours", observed(held(), { statefulSet: foreign() }), "wait"],
    ["finds that of an earlier run", observed(held(), { statefulSet: earlier() }), "wait"],
    ["finds an orphan", observed(held(), { statefulSet: orphan() }), "delete-placeholder"],
    [
      "finds an orphan that pods need",
      observed(held(), { statefulSet: orphan(), pods: [runPod("Running")] }),
      "wait",
    ],
    ["sees its placeholder go", observed(held(), { statefulSet: deleting() }), "wait"],
    ["has its opt-in withdrawn", observed(aRun().held().optedIn("false").run), "let-go"],
    [
      "finds a bound pod of an earlier run's",
      { ...withPlaceholder(held(), "node-1"), statefulSet: earlier() },
      "wait",
    ],
    [
      "is cancelled by its spec",
      withPlaceholder(aRun().held().status("Cancelled").run),
      "delete-placeholder",
    ],
    ["is cancelled", withPlaceholder(aRun().held().ended("False").run, "node-1"), "delete-placeholder"],
  ])("%s", (_what, seen, kind) => {
    expect(step(seen).kind).toBe(kind);
  });

  test("is released with its placeholder's name and node", () => {
    expect(step(withPlaceholder(held(), "node-1"))).toMatchObject({
      placeholder: placeholderName("build"),
      node: "node-1",
    });
  });

  test("waits with the scheduler's reason", () => {
    const seen = withPlaceholder(held());
    const condition = { type: "PodScheduled", status: "False", message: "0/3 nodes are available" };
    seen.pods[0]!.status!.conditions = [condition];
    expect(step(seen).why).toContain("0/3 nodes are available");
  });

  test.each<[string, (pod: ReturnType<typeof placeholderPodOf>) => void]>([
    ["belongs to another StatefulSet", pod => (pod.metadata!.ownerReferences![0]!.uid = "other")],
    ["is being deleted", pod => (pod.metadata!.deletionTimestamp = new Date(0))],
    ["has failed", pod => (pod.status!.phase = "Failed")],
  ])("is not released by a bound pod that %s", (_what, spoil) => {
    const seen = withPlaceholder(held(), "node-1");
    spoil(seen.pods[0]!);
    expect(step(seen).kind).toBe("wait");
  });

  test("has its placeholder settled before it goes, where the run requires pod affinity of its own", () => {
    const cache = { topologyKey: "zone", labelSelector: { matchLabels: { app: "cache" } } };
    const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [cache] } };
    const { run } = aRun()
      .held()
      .spec({ taskRunTemplate: { podTemplate: { affinity } } });
    expect(step(withPlaceholder(run, "node-1")).kind).toBe("settle-placeholder");
  });

  test("says that its placeholder's name is taken, by which object, and what to do", () => {
    const [warning] = step(observed(held(), { statefulSet: foreign() })).warnings!;
    expect(warning).toMatchObject({ reason: "PlaceholderNameTaken" });
    expect(warning!.message).toContain(placeholderName("build"));
  });

  test("says which pod templates contradict each other, and waits", () => {
    const { run } = aRun()
      .held()
      .spec({
        taskRunTemplate: { podTemplate: { nodeSelector: { pool: "a" } } },
        taskRunSpecs: [{ podTemplate: { nodeSelector: { pool: "b" } } }],
      });
    const { kind, warnings } = step(observed(run));
    expect(kind).toBe("wait");
    expect(warnings?.[0]).toMatchObject({ reason: "ContradictingPodTemplates" });
    expect(warnings?.[0]?.message).toContain("pool=a");
  });

  test("is not let go into a clash with Tekton's own assistant, bound or not", () => {
    const seen = { ...withPlaceholder(held(), "node-1"), coschedule: "pipelineruns" };
    expect(step(seen)).toMatchObject({ kind: "wait", warnings: [{ reason: "AffinityAssistantEnabled" }] });
  });

  test("goes, with a warning, where the assistant is on and does not concern it", () => {
    const seen = { ...withPlaceholder(held(), "node-1"), coschedule: "workspaces" };
    expect(step(seen)).toMatchObject({ kind: "release", warnings: [{ reason: "AffinityAssistantEnabled" }] });
  });
});

describe("the hand-over of room", () => {
  const ask = { cpu: 4000, memory: 2 ** 30 };
  const floor = { cpu: 10, memory: 2 ** 24 };
  const reservation: Reservation = { ask, floor, firstWave: { cpu: 1000 }, tasks: [] };
  const seen = (run: PipelineRun, asked: Resources, templateAsks = floor) => {
    const statefulSet = placeholderOf(run, { ...reservation, ask: templateAsks });
    statefulSet.metadata!.annotations![RESERVATION_ANNOTATION] = JSON.stringify(reservation);
    return observed(run, { statefulSet, pods: [placeholderPodOf(run, "node-1", reservation, asked)] });
  };
  const freed = { cpu: 3000, memory: 2 ** 30 };
  test.each<[string, Observed, string]>([
    ["settles a placeholder that has its node", seen(held(), ask, ask), "settle-placeholder"],
    ["makes room for the first pods", seen(held(), ask), "resize"],
    ["releases the run when room is free", seen(held(), freed), "release"],
    ["starts over where the room was lost", seen(held(), floor), "start-over"],
    ["goes on beside a run that is placed", seen(aRun().placed().run, ask), "resize"],
    ["has nothing to do where all is right", seen(aRun().placed().run, freed), "none"],
    ["ends with the run", seen(aRun().placed().ended().run, ask), "delete-placeholder"],
    [
      "does not keep a run whose opt-in is withdrawn",
      seen(aRun().held().optedIn("false").run, ask),
      "let-go",
    ],
  ])("%s", (_what, at, kind) => {
    expect(step(at).kind).toBe(kind);
  });

  test("carries what people have to know", () => {
    const at = { ...seen(held(), ask), coschedule: "workspaces" };
    expect(step(at)).toMatchObject({ kind: "resize", warnings: [{ reason: "AffinityAssistantEnabled" }] });
  });
});

describe("a hold that is not ours is not lifted", () => {
  test.each<[string, Observed]>([
    [
      "Pending set by somebody else",
      withPlaceholder(aRun().optedIn().pending().run, "node-1", [runPod("Running")]),
    ],
    ["managed by another controller", withPlaceholder(aRun().held().managedBy("other").run, "node-1")],
    ["a child", withPlaceholder(aRun().held().child().run, "node-1")],
  ])("%s", (_what, seen) => {
    expect(["none", "wait"]).toContain(step(seen).kind);
  });
});

describe("a placed run", () => {
  const placed = () => aRun().placed().run;
  test.each<[string, Observed, string]>([
    ["goes on", withPlaceholder(placed(), "node-1", [runPod("Running")]), "none"],
    ["gets its placeholder back when it was deleted", observed(placed()), "make-placeholder"],
    [
      "keeps it after its end while a pod is active",
      withPlaceholder(aRun().placed().ended().run, "n", [runPod("Running")]),
      "wait",
    ],
    [
      "keeps it after its end while a pod waits",
      withPlaceholder(aRun().placed().ended().run, "n", [runPod("Pending")]),
      "wait",
    ],
    [
      "loses it when all has ended",
      withPlaceholder(aRun().placed().ended().run, "n", [runPod("Succeeded"), runPod("Failed")]),
      "delete-placeholder",
    ],
    ["waits for that of an earlier run to go", observed(placed(), { statefulSet: earlier() }), "wait"],
    [
      "keeps it while it is deleted and a pod is active",
      withPlaceholder(aRun().placed().deleting().run, "n", [runPod("Running")]),
      "wait",
    ],
    ["has nothing left after its end", observed(aRun().placed().ended().run), "none"],
    ["is deleted", withPlaceholder(aRun().placed().deleting().run, "node-1"), "delete-placeholder"],
  ])("%s", (_what, seen, kind) => {
    expect(step(seen).kind).toBe(kind);
  });

  test("looks again by itself while it waits for pods to end", () => {
    const seen = withPlaceholder(aRun().placed().ended().run, "n", [runPod("Running")]);
    expect(step(seen)).toMatchObject({ lookAgainSeconds: expect.any(Number) });
  });
});

test("a run that was opted in too late is told where the label belongs, and else left alone", () => {
  const late = aRun().optedIn().label(HELD_LABEL, OPTED_IN_LATE).started().run;
  const { kind, warnings } = step(observed(late));
  expect(kind).toBe("none");
  expect(warnings).toMatchObject([{ reason: "OptedInTooLate" }]);
  expect(warnings![0]!.message).toContain("on the PipelineRun when it is created, or on its Namespace");
});

describe("what is left behind", () => {
  test.each<[string, Observed, string]>([
    ["the run is gone, Kubernetes collects its own", observed(undefined, { statefulSet: earlier() }), "none"],
    [
      "the run is gone and left an orphan",
      observed(undefined, { statefulSet: orphan() }),
      "delete-placeholder",
    ],
    ["the run is gone, the StatefulSet is foreign", observed(undefined, { statefulSet: foreign() }), "none"],
    [
      "started by somebody else before it was placed",
      withPlaceholder(aRun().optedIn().started().run, "n"),
      "delete-placeholder",
    ],
    ["let go without affinity", withPlaceholder(aRun().optedIn("false").run, "n"), "delete-placeholder"],
    ["deletion is under way", observed(aRun().placed().ended().run, { statefulSet: deleting() }), "none"],
  ])("%s", (_what, seen, kind) => {
    expect(step(seen).kind).toBe(kind);
  });
});

describe("a run that no node can hold", () => {
  const nodes = [{ name: "only", labels: {}, taints: [], allocatable: { cpu: 1, memory: 1 } }];
  const waiting = (onTimeout: string): Observed => {
    const { run } = aRun().held().annotation("pod-affinity.tekton.dev/on-timeout", onTimeout);
    const pod = placeholderPodOf(run);
    const condition = { type: "PodScheduled", status: "False", message: "0/1 nodes are available" };
    pod.status = { phase: "Pending", conditions: [condition] };
    return observed(run, { statefulSet: placeholderOf(run), pods: [pod], nodes });
  };
  const decided = (onTimeout: string, setting: "wait" | "at-once", seen = waiting(onTimeout)) =>
    nextStep(seen, { ...SETTINGS, ON_NEVER_FITS: setting }, new Date(0));

  test.each([
    ["wait", "wait", "wait"],
    ["cancel", "wait", "wait"],
    ["wait", "at-once", "wait"],
    ["cancel", "at-once", "cancel"],
    ["run-anyway", "at-once", "let-go"],
  ] as const)("on-timeout %s, setting %s: %s, and is told", (onTimeout, setting, kind) => {
    const step = decided(onTimeout, setting);
    expect(step.kind).toBe(kind);
    expect(step.warnings).toEqual([expect.objectContaining({ reason: "NeverFits" })]);
  });

  test("nothing is said while nobody has looked at the nodes, or one is large enough", () => {
    for (const other of [undefined, [{ ...nodes[0]!, allocatable: { cpu: 1000, memory: 2 ** 30 } }]]) {
      const step = decided("cancel", "at-once", { ...waiting("cancel"), nodes: other });
      expect(step.kind).toBe("wait");
      expect(step.warnings ?? []).toEqual([]);
    }
  });
});
