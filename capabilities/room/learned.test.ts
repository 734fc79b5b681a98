import { describe, expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { UNREAD_PIPELINE } from "../demand/expand";
import type { Resources } from "../demand/resources";
import type { PlannedTask } from "../demand/task-graph";
import { aRun, childRun, planned, seenOf, taskPod, taskRunOf } from "../testing/builders";
import type { PipelineRun } from "../tekton/objects";
import { resolvedPipelines, revised, withSeenPods } from "./learned";
import type { Seen } from "./progress";
import type { Reservation } from "./reservation";

const cpu = (amount: number): Resources => ({ cpu: amount });
const unknown = (name: string, after: string[] = [], count = 1): PlannedTask => ({
  ...planned(name, cpu(500), after, count),
  isUnknown: true,
});
const keeping = (...tasks: PlannedTask[]): Reservation => ({
  ask: cpu(1500),
  floor: cpu(10),
  firstWave: cpu(500),
  tasks,
});
const run = (status: PipelineRun["status"] = {}): PipelineRun => ({ ...aRun().placed().run, status });
const resolved = { status: { pipelineSpec: {} } };
const seen = (more: Partial<Seen> = {}): Seen => seenOf(run(), more);

describe("pipelines that Tekton has resolved", () => {
  const root = [unknown(UNREAD_PIPELINE)];
  const inner = [planned("a", cpu(1000)), unknown("inner", ["a"])];
  const deep = [planned("outer/a", cpu(1)), unknown("outer/inner")];
  const deepChildren = [childRun("outer"), childRun("inner", "build-outer", resolved)];

  test.each<{ name: string; tasks: PlannedTask[]; more?: Partial<Seen>; expected: string[] }>([
    { name: "not before it has", tasks: root, expected: [] },
    { name: "the run's own", tasks: root, more: { run: run(resolved.status) }, expected: [UNREAD_PIPELINE] },
    {
      name: "not one that was known",
      tasks: [planned("a", cpu(1))],
      more: { run: run(resolved.status) },
      expected: [],
    },
    {
      name: "not one in it, by the run's own",
      tasks: inner,
      more: { run: run(resolved.status) },
      expected: [],
    },
    {
      name: "one in it",
      tasks: inner,
      more: { children: [childRun("inner", "build", resolved)] },
      expected: ["inner"],
    },
    {
      name: "not one in it that is resolved yet",
      tasks: inner,
      more: { children: [childRun("inner")] },
      expected: [],
    },
    { name: "one deep in it", tasks: deep, more: { children: deepChildren }, expected: ["outer/inner"] },
  ])("$name", ({ tasks, more, expected }) => {
    expect(resolvedPipelines(seen(more), keeping(...tasks))).toEqual(expected);
  });
});

describe("pods of tasks of which nothing was known", () => {
  const on = (name: string, amount: number): V1Pod => {
    const pod = taskPod(taskRunOf(name), cpu(amount));
    return { ...pod, spec: { ...pod.spec!, nodeName: "node-1" } };
  };
  const beside = keeping(unknown("a"), planned("b", cpu(1000)));

  test.each<{ name: string; of?: Reservation; pods: Seen["pods"]; each: Resources; ask: Resources }>([
    { name: "none is there yet", pods: [], each: cpu(500), ask: cpu(1500) },
    { name: "one of another task", pods: [on("b", 4000)], each: cpu(500), ask: cpu(1500) },
    { name: "one that asks for more", pods: [on("a", 4000)], each: cpu(4000), ask: cpu(5000) },
    {
      name: "one that asks for more, and has no node yet",
      pods: [taskPod(taskRunOf("a"), cpu(4000))],
      each: cpu(500),
      ask: cpu(1500),
    },
    { name: "one that asks for less", pods: [on("a", 100)], each: cpu(100), ask: cpu(1500) },
    {
      name: "the largest of several",
      of: keeping(unknown("a", [], 2), planned("b", cpu(1000))),
      pods: [on("a", 1000), on("a", 2000)],
      each: cpu(2000),
      ask: cpu(5000),
    },
    {
      name: "of a task that was known nothing is learned",
      of: keeping(planned("a", cpu(500)), planned("b", cpu(1000))),
      pods: [on("a", 4000)],
      each: cpu(500),
      ask: cpu(1500),
    },
  ])("$name", ({ of = beside, pods, each, ask }) => {
    const found = withSeenPods(of, seen({ pods }));
    expect(found.tasks[0]!.each).toEqual(each);
    expect(found.ask).toEqual(ask);
    expect(found.isRevised).toBe(ask["cpu"]! > 1500 ? true : undefined);
  });
});

test("beside what a LimitRange keeps it from giving up, a pod that asks for more needs more", () => {
  const pod = taskPod(taskRunOf("a"), cpu(1400));
  const pods = [{ ...pod, spec: { ...pod.spec!, nodeName: "node-1" } }];
  const found = withSeenPods({ ...keeping(unknown("a")), beside: cpu(200) }, seen({ pods }));
  expect(found).toMatchObject({ ask: cpu(1600), beside: cpu(200), isRevised: true });
});

describe("counted anew", () => {
  const before: Reservation = { ...keeping(unknown(UNREAD_PIPELINE)), scarce: ["memory"] };
  const counted = (ask: number, ...tasks: PlannedTask[]): Reservation => ({
    ask: cpu(ask),
    floor: cpu(200),
    firstWave: cpu(700),
    tasks,
  });

  test("it keeps its floor, and what a quota is short of", () => {
    expect(revised(before, counted(4000, planned("a", cpu(4000))), [UNREAD_PIPELINE])).toEqual({
      ask: cpu(4000),
      floor: cpu(10),
      firstWave: cpu(700),
      tasks: [planned("a", cpu(4000))],
      scarce: ["memory"],
      isRevised: true,
    });
  });

  test.each([
    { name: "now", had: undefined, has: cpu(200) },
    { name: "still", had: cpu(200), has: cpu(300) },
    { name: "no more", had: cpu(200), has: undefined },
  ])("what a LimitRange keeps it from giving up is that of what is asked for: $name", ({ had, has }) => {
    const of: Reservation = had === undefined ? before : { ...before, beside: had };
    const now: Reservation = has === undefined ? counted(4000) : { ...counted(4000), beside: has };
    expect(revised(of, now, [UNREAD_PIPELINE]).beside).toEqual(has);
  });

  test.each([
    { name: "now", had: undefined, has: { peak: cpu(4000) } },
    { name: "still", had: { peak: cpu(2000) }, has: { peak: cpu(4000) } },
    { name: "no more", had: { peak: cpu(2000) }, has: undefined },
  ])("what a quota had no room for is that of what is asked for: $name", ({ had, has }) => {
    const of: Reservation = had === undefined ? before : { ...before, capped: had };
    const now: Reservation = has === undefined ? counted(4000) : { ...counted(4000), capped: has };
    expect(revised(of, now, [UNREAD_PIPELINE]).capped).toEqual(has);
  });

  test("what a quota is short of by now is not asked for any more", () => {
    const now = { ...counted(4000), scarce: ["cpu", "memory"] };
    expect(revised(before, now, [UNREAD_PIPELINE]).scarce).toEqual(["memory", "cpu"]);
  });

  test.each([
    { name: "less than was thought is no news", ask: 1000, expected: undefined },
    { name: "as much is none either", ask: 1500, expected: undefined },
    { name: "more is", ask: 1501, expected: true },
  ])("$name", ({ ask, expected }) => {
    expect(revised(before, counted(ask), [UNREAD_PIPELINE]).isRevised).toBe(expected);
  });

  test("what is still not known of it is asked for once, and what was not asked for stays open", () => {
    const { tasks } = revised(before, counted(1000, unknown(UNREAD_PIPELINE), unknown("b")), [
      UNREAD_PIPELINE,
    ]);
    expect(tasks.map(({ isUnknown }) => isUnknown)).toEqual([undefined, true]);
  });
});
