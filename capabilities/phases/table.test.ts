import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { KEY_PREFIX } from "../keys";
import {
  aRun,
  observed,
  placeholderOf,
  placeholderPodOf,
  runPod,
  SETTINGS,
  STATEFUL_SET_UID,
  unschedulable,
  withPlaceholder,
  withRecord,
} from "../testing/builders";
import { stepFor } from "../testing/decide";
import { deleting, earlier, foreign, orphan } from "../testing/stateful-sets";
import type { Warning } from "../tekton/warning";
import { PHASES, STAGES } from "./phase";
import { Sight } from "./sight";
import { afterFailure, chosenRow, TABLE } from "./table";

const RUNS = {
  none: undefined,
  held: aRun().held().run,
  withdrawn: aRun().held().optedIn("false").run,
  placed: aRun().placed().run,
  ended: aRun().placed().ended().run,
  deleting: aRun().placed().deleting().run,
  child: aRun().placed().child().run,
  "of another controller": aRun().held().managedBy("other").run,
  "without a placeholder": aRun().optedIn().started().run,
};
const pinnedTo = { pinnedTo: "node-1", replaces: "uid-of-placeholder-pod" };
const SETS = {
  none: undefined,
  made: placeholderOf(RUNS.held),
  settled: withRecord(placeholderOf(RUNS.held), { isSettled: true }),
  pinned: withRecord(placeholderOf(RUNS.held), pinnedTo),
  moving: withRecord(placeholderOf(RUNS.held), { moves: 1, movingFrom: "node-1", replaces: "gone" }),
  "not to be read": withRecord(placeholderOf(RUNS.held), { moves: "many" as unknown as number }),
  foreign: foreign(),
  earlier: earlier(),
  orphan: orphan(),
  deleting: deleting(),
};
const PODS = {
  none: [],
  waiting: [placeholderPodOf(RUNS.held)],
  refused: [unschedulable(placeholderPodOf(RUNS.held))],
  bound: [placeholderPodOf(RUNS.held, "node-1")],
};
const keyOf = <T extends object>(values: T) => fc.constantFrom(...(Object.keys(values) as (keyof T)[]));

describe("the table", () => {
  test("has a step for whatever is seen, the same for what the store keeps of it", () => {
    const seen = fc.record({
      run: keyOf(RUNS),
      set: keyOf(SETS),
      placeholder: keyOf(PODS),
      others: fc.constantFrom("Pending", "Running", "Succeeded", undefined),
      refusal: fc.constantFrom("exceeded quota", undefined),
      podRefusal: fc.constantFrom("exceeded quota", undefined),
      coschedule: fc.constantFrom("disabled", "workspaces", "pipelineruns", undefined),
    });
    fc.assert(
      fc.property(seen, ({ run, set, placeholder, others, coschedule, ...refusals }) => {
        const pods = others === undefined ? PODS[placeholder] : [...PODS[placeholder], runPod(others)];
        const all = observed(RUNS[run], { statefulSet: SETS[set], pods, coschedule });
        if (refusals.refusal !== undefined) all.refusal = refusals.refusal;
        if (refusals.podRefusal !== undefined) all.podRefusal = refusals.podRefusal;
        expect(stepFor(all).why).not.toBe("");
      }),
      { numRuns: 1000 },
    );
  });

  test("has rows with a reason each, in stages and phases that there are", () => {
    for (const { why, stages, phases = [] } of TABLE) {
      expect(why).not.toBe("");
      for (const stage of stages) expect(STAGES).toHaveProperty([stage]);
      for (const phase of phases) expect(PHASES).toHaveProperty([phase]);
    }
  });

  test("says by which row a step is taken", () => {
    const seen = new Sight(withPlaceholder(RUNS.held, "node-1"), SETTINGS, new Date(0));
    expect(chosenRow(seen).name).toBe("it has its node, and room for the run");
    expect(seen.observed.statefulSet!.metadata!.uid).toBe(STATEFUL_SET_UID);
  });
});

describe("a step that changes something is looked after, though no event tells of it", () => {
  test.each([
    { name: "make-placeholder", seen: observed(RUNS.held) },
    { name: "let-go", seen: observed(RUNS.withdrawn) },
    {
      name: "remake-pod",
      seen: { ...withPlaceholder(RUNS.held), statefulSet: SETS.pinned, pods: PODS.bound },
    },
  ])("$name", ({ name, seen }) => {
    expect(stepFor(seen)).toMatchObject({ kind: name, lookAgainSeconds: 2 });
  });
});

describe("after a failure", () => {
  const created = new Date("2026-01-01T00:00:00Z");
  const held = (onTimeout: string) =>
    aRun()
      .held()
      .created(created)
      .annotation(`${KEY_PREFIX}placement-timeout`, "10m")
      .annotation(`${KEY_PREFIX}on-timeout`, onTimeout).run;
  const warning: Warning = { reason: "StepFailed", message: "denied" };
  const failed = (onTimeout: string, seconds: number, isHeld = true) =>
    afterFailure(
      held(onTimeout),
      isHeld,
      { why: "its next step fails: denied", warning },
      new Date(created.getTime() + seconds * 1000),
    );

  test("the run waits, and is told why", () => {
    expect(failed("cancel", 299)).toEqual({
      kind: "wait",
      why: "its next step fails: denied",
      warnings: [warning],
      lookAgainSeconds: 1,
    });
  });

  test.each([
    { onTimeout: "wait", kind: "wait" },
    { onTimeout: "run-anyway", kind: "let-go" },
    { onTimeout: "cancel", kind: "cancel" },
  ])("its placement-timeout applies as to any other wait: $onTimeout", ({ onTimeout, kind }) => {
    const step = failed(onTimeout, 600);
    expect(step.kind).toBe(kind);
    expect(step.warnings!.map(({ reason }) => reason)).toEqual(["StepFailed", "PlacementTimedOut"]);
    expect(step.warnings![1]!.message).toContain("denied");
  });

  test("a run that was let go already has no timeout", () => {
    expect(failed("cancel", 6000, false)).toMatchObject({ kind: "wait" });
  });
});
