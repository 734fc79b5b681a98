import { describe, expect, test } from "@jest/globals";
import { aRun, placeholderOf, placeholderPodOf, unschedulable } from "../testing/builders";
import { stepFor } from "../testing/decide";
import type { Observed } from "./observed";

const created = new Date("2026-01-01T00:00:00Z");
const after = (seconds: number) => new Date(created.getTime() + seconds * 1000);
const { run } = aRun().held().created(created);

/** @param scheduler its words, if it has spoken */
const looking = (scheduler?: string): Observed => {
  const pod = placeholderPodOf(run);
  return {
    run,
    statefulSet: placeholderOf(run),
    pods: [scheduler === undefined ? pod : unschedulable(pod, scheduler)],
    taskRuns: [],
    customRuns: [],
    children: [],
    coschedule: "disabled",
  };
};

describe("a run that waits for a node", () => {
  test("for a moment: nothing is said, and it is looked at in time", () => {
    expect(stepFor(looking("0/3 nodes are available."), after(2))).toMatchObject({
      kind: "wait",
      lookAgainSeconds: 3,
    });
    expect(stepFor(looking("0/3 nodes are available."), after(2)).warnings ?? []).toEqual([]);
  });

  test("for 5 s: it is told in the scheduler's words, with what to do", () => {
    const [told] = stepFor(looking("0/3 nodes are available: 3 Insufficient cpu."), after(5)).warnings!;
    expect(told).toMatchObject({ type: "Normal", reason: "WaitingForNode" });
    expect(told!.message).toContain("The scheduler says: 0/3 nodes are available: 3 Insufficient cpu.");
    expect(told!.message).toContain("tekton.dev/custom-pod-affinity=false");
  });

  test("is one Event, whatever the scheduler says next", () => {
    const about = (words: string) => stepFor(looking(words), after(9)).warnings![0]!.about;
    expect(about("0/3 nodes")).toBe(about("0/4 nodes"));
  });

  test("of which the scheduler has not spoken, as in a crowd of runs: later", () => {
    expect(stepFor(looking(), after(14)).warnings ?? []).toEqual([]);
    expect(stepFor(looking(), after(15)).warnings).toMatchObject([{ type: "Normal", reason: "Held" }]);
  });

  test("of which no scheduler may take a look: nothing is said of nodes", () => {
    const seen = looking("Scheduling is blocked due to non-empty scheduling gates");
    const [pod] = seen.pods;
    pod!.metadata!.creationTimestamp = created;
    pod!.status!.conditions!.forEach(condition => (condition.reason = "SchedulingGated"));
    expect(stepFor(seen, after(15))).toMatchObject({ kind: "wait", lookAgainSeconds: 5 });
    expect(stepFor(seen, after(15)).warnings ?? []).toEqual([]);
    expect(stepFor(seen, after(20)).warnings).toMatchObject([{ reason: "PlaceholderGated" }]);
  });

  test("fits into an Event, however much the scheduler says", () => {
    const [told] = stepFor(looking("x".repeat(1000)), after(5)).warnings!;
    expect(told!.message.length).toBeLessThanOrEqual(1024);
  });
});
