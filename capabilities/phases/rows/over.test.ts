import { describe, expect, test } from "@jest/globals";
import { HELD_LABEL, OPTED_IN_LATE } from "../../keys";
import type { PipelineRun } from "../../tekton/objects";
import { aRun, observed, runPod, taskRunOf, withPlaceholder } from "../../testing/builders";
import { stepFor } from "../../testing/decide";
import { deleting, earlier, foreign, orphan } from "../../testing/stateful-sets";

const ended = () => aRun().placed().ended().run;
const going = () => aRun().placed().deleting().run;

/** By Tekton's own annotation. */
function losing(run: PipelineRun): PipelineRun {
  run.metadata!.annotations = { ...run.metadata!.annotations, "tekton.dev/auto-cleanup-pvc": "true" };
  run.spec = { ...run.spec, workspaces: [{ name: "source", volumeClaimTemplate: {} }] };
  return run;
}

describe("a run that is over", () => {
  test.each([
    {
      name: "keeps its placeholder while a pod is active",
      seen: withPlaceholder(ended(), "n", [runPod("Running")]),
      kind: "wait",
    },
    {
      name: "keeps it while a pod waits",
      seen: withPlaceholder(ended(), "n", [runPod("Pending")]),
      kind: "wait",
    },
    {
      name: "keeps it while a TaskRun may still make a pod",
      seen: { ...withPlaceholder(ended(), "n"), taskRuns: [taskRunOf("a")] },
      kind: "wait",
    },
    {
      name: "loses it when its TaskRuns have ended",
      seen: { ...withPlaceholder(ended(), "n"), taskRuns: [taskRunOf("a", "True"), taskRunOf("b", "False")] },
      kind: "delete-placeholder",
    },
    {
      name: "keeps it while a child run may still make TaskRuns",
      seen: { ...withPlaceholder(going(), "n"), children: [aRun().child().started().run] },
      kind: "wait",
    },
    {
      name: "loses it when all has ended",
      seen: withPlaceholder(ended(), "n", [runPod("Succeeded"), runPod("Failed")]),
      kind: "delete-placeholder",
    },
    {
      name: "keeps it while it is deleted and a pod is active",
      seen: withPlaceholder(going(), "n", [runPod("Running")]),
      kind: "wait",
    },
    { name: "loses it when it is deleted", seen: withPlaceholder(going(), "n"), kind: "delete-placeholder" },
    { name: "has nothing left", seen: observed(ended()), kind: "none" },
    {
      name: "loses it when it is cancelled by its spec",
      seen: withPlaceholder(aRun().held().status("Cancelled").run),
      kind: "delete-placeholder",
    },
    {
      name: "loses it when it is cancelled",
      seen: withPlaceholder(aRun().held().ended("False").run, "n"),
      kind: "delete-placeholder",
    },
    {
      name: "keeps its placeholder until claims that are to go with it have gone",
      seen: withPlaceholder(losing(ended()), "n", [runPod("Succeeded")]),
      kind: "delete-claims",
    },
    {
      name: "keeps such claims while a pod is active",
      seen: withPlaceholder(losing(ended()), "n", [runPod("Running")]),
      kind: "wait",
    },
    {
      name: "loses its placeholder once they have gone",
      seen: { ...withPlaceholder(losing(ended()), "n"), areClaimsDone: true },
      kind: "delete-placeholder",
    },
    {
      name: "is deleted, and its claims with it",
      seen: withPlaceholder(losing(going()), "n"),
      kind: "delete-placeholder",
    },
    { name: "has its placeholder go", seen: observed(ended(), { statefulSet: deleting() }), kind: "none" },
  ])("$name", ({ seen, kind }) => {
    expect(stepFor(seen).kind).toBe(kind);
  });

  test("waits for events, without a timer, while a pod of it stays Terminating", () => {
    const terminating = runPod("Running");
    terminating.metadata!.deletionTimestamp = new Date(0);
    const step = stepFor(withPlaceholder(ended(), "n", [terminating]), new Date("2026-01-01"));
    expect(step.kind).toBe("wait");
    expect(step.lookAgainSeconds).toBeUndefined();
  });
});

describe("a hold that is not ours is not lifted", () => {
  test.each([
    {
      name: "Pending set by somebody else",
      seen: withPlaceholder(aRun().optedIn().pending().run, "n", [runPod("Running")]),
      kind: "wait",
    },
    {
      name: "managed by another controller",
      seen: withPlaceholder(aRun().held().managedBy("other").run, "n"),
      kind: "none",
    },
    { name: "a child", seen: withPlaceholder(aRun().held().child().run, "n"), kind: "none" },
  ])("$name", ({ seen, kind }) => {
    expect(stepFor(seen).kind).toBe(kind);
  });
});

test("a run that was opted in too late is told where the label belongs, and else left alone", () => {
  const late = aRun().optedIn().label(HELD_LABEL, OPTED_IN_LATE).started().run;
  const { kind, warnings } = stepFor(observed(late));
  expect(kind).toBe("none");
  expect(warnings).toMatchObject([{ reason: "OptedInTooLate" }]);
  expect(warnings![0]!.message).toContain("on the PipelineRun when it is created, or on its Namespace");
});

describe("what is left behind", () => {
  test.each([
    {
      name: "the run is gone, Kubernetes collects its own",
      seen: observed(undefined, { statefulSet: earlier() }),
      kind: "none",
    },
    {
      name: "the run is gone and left an orphan",
      seen: observed(undefined, { statefulSet: orphan() }),
      kind: "delete-placeholder",
    },
    {
      name: "the run is gone, its TaskRuns go on, and it left an orphan",
      seen: { ...observed(undefined, { statefulSet: orphan() }), taskRuns: [taskRunOf("a")] },
      kind: "wait",
    },
    {
      name: "the run is gone, the StatefulSet is foreign",
      seen: observed(undefined, { statefulSet: foreign() }),
      kind: "none",
    },
    {
      name: "started by somebody else before it was placed",
      seen: withPlaceholder(aRun().optedIn().started().run, "n"),
      kind: "delete-placeholder",
    },
    {
      name: "let go without affinity",
      seen: withPlaceholder(aRun().optedIn("false").run, "n"),
      kind: "delete-placeholder",
    },
  ])("$name", ({ seen, kind }) => {
    expect(stepFor(seen).kind).toBe(kind);
  });
});
