/** Tables for the parts of a PipelineRun's decision. */
import { describe, expect, test } from "@jest/globals";
import type { PipelineRun, PipelineTask, Run } from "../types";
import { cancelChildren } from "./cancel";
import { childCount, childKind, taskRunSpecOf } from "./children";
import { verdict } from "./condition";
import { dependencies, graphProblem } from "./graph";
import { fanOut } from "./matrix";
import { resolvedSpec } from "./resolve";
import { PipelineState, skipReason } from "./state";
import type { TaskState } from "./task-state";
import { timedOut, untilNextLimit } from "./timeouts";
import { taskWorkspaces } from "./workspaces";

const never = { pipeline: false, tasks: false, finally: false };
const named = (name: string, ...runAfter: string[]): PipelineTask => ({ name, runAfter });

function child(status: "True" | "False" | "Unknown", reason = "x"): Run {
  const condition = { type: "Succeeded", status, reason, message: "", lastTransitionTime: "" };
  return { kind: "TaskRun", spec: {}, status: { conditions: [condition] } } as unknown as Run;
}

function state(task: PipelineTask, ...children: Run[]): TaskState {
  return { task, isFinal: false, kind: "TaskRun", names: [`r-${task.name}`], children };
}
const final = (task: TaskState): TaskState => ({ ...task, isFinal: true });
const nextOf = (pipeline: PipelineState): string[] => pipeline.next().map(({ task }) => task.name);

describe("the order of tasks", () => {
  test("comes of runAfter and of the results that a task uses", () => {
    const params = [{ name: "p", value: "$(tasks.a.results.x) and $(tasks.b.results['y'])" }];
    const when = [{ input: "$(tasks.c.results.z[0])", operator: "in" as const, values: [] }];
    expect(dependencies({ name: "d", params, when, runAfter: ["a", "e"] })).toEqual(["a", "b", "c", "e"]);
    expect(dependencies({ name: "d", params: [{ name: "p", value: "$(tasks.a.status)" }] })).toEqual([]);
  });

  test.each([
    ["a cycle", [named("a", "b"), named("b", "a")], "cycle detected"],
    ["a task that is not there", [named("a", "b")], "b wasn't present"],
    ["a name used twice", [named("a"), named("a")], "duplicate"],
  ])("does not exist with %s", (_what, tasks, words) => {
    expect(graphProblem(tasks)).toContain(words);
  });

  test("exists for a diamond", () => {
    expect(
      graphProblem([named("d", "b", "c"), named("b", "a"), named("c", "a"), named("a")]),
    ).toBeUndefined();
  });
});

test("a pipeline's params are put into embedded tasks, but for those that the pipeline's task gives itself", () => {
  const taskSpec = {
    params: [{ name: "team", default: "$(params.tail)" }],
    steps: [{ image: "$(params.team)" }],
  };
  const run = { metadata: { name: "r" }, spec: { params: [{ name: "team", value: "red" }] } } as PipelineRun;
  const spec = {
    params: [{ name: "team" }, { name: "tail", default: "of-$(params.team)" }],
    tasks: [
      { name: "default", taskSpec },
      { name: "given", params: [{ name: "team", value: "not-$(params.team)" }], taskSpec },
    ],
  };
  const images = resolvedSpec(run, spec, "p").tasks!.map(task => task.taskSpec!.steps![0]!.image);
  expect(images).toEqual(["red", "not-red"]);
});

describe("a matrix", () => {
  const params = [
    { name: "os", value: ["linux", "mac"] },
    { name: "browser", value: ["chrome", "safari"] },
  ];
  const include = (...pairs: [string, string][]) => ({
    params: pairs.map(([name, value]) => ({ name, value })),
  });
  const shown = (matrix: Parameters<typeof fanOut>[0]): string[] =>
    fanOut(matrix).map(combination =>
      combination.map(({ name, value }) => `${name}=${String(value)}`).join(" "),
    );

  test("fans out, its last parameter varying slowest", () => {
    expect(shown({ params })).toEqual([
      "browser=chrome os=linux",
      "browser=chrome os=mac",
      "browser=safari os=linux",
      "browser=safari os=mac",
    ]);
  });

  test("adds what is included to the combinations that agree with it, and new ones", () => {
    const includes = [include(["os", "mac"], ["arch", "arm"]), include(["os", "bsd"])];
    expect(shown({ params: params.slice(0, 1), include: includes })).toEqual([
      "os=linux",
      "arch=arm os=mac",
      "os=bsd",
    ]);
  });

  test("of nothing but what is included is that", () => {
    expect(shown({ include: [include(["a", "1"]), include(["a", "2"], ["b", "3"])] })).toEqual([
      "a=1",
      "a=2 b=3",
    ]);
    expect(childCount({ name: "t", matrix: { params } })).toBe(4);
  });
});

describe("what comes next", () => {
  const tasks = (...states: TaskState[]): PipelineState => new PipelineState(states, undefined, never);

  test("is what has nothing before it that is not over", () => {
    expect(nextOf(tasks(state(named("a")), state(named("b")), state(named("c", "a"))))).toEqual(["a", "b"]);
    const running = tasks(
      state(named("a"), child("True")),
      state(named("b"), child("Unknown")),
      state(named("c", "a")),
    );
    expect(nextOf(running)).toEqual(["c"]);
  });

  test("is nothing after a failure but, when the others are over, the final tasks", () => {
    const failing = [state(named("a"), child("False")), state(named("c", "a")), final(state(named("f")))];
    expect(nextOf(tasks(state(named("b"), child("Unknown")), ...failing))).toEqual([]);
    expect(nextOf(tasks(state(named("b"), child("True")), ...failing))).toEqual(["f"]);
  });

  test("goes on after a failure that may be", () => {
    const tolerant = state({ ...named("a"), onError: "continue" }, child("False"));
    expect(nextOf(tasks(tolerant, state(named("b", "a"))))).toEqual(["b"]);
  });

  test("ignores a parent skipped by when, and is skipped with one skipped otherwise", () => {
    const off = { ...named("a"), when: [{ input: "x", operator: "in" as const, values: ["y"] }] };
    expect(nextOf(tasks(state(off), state(named("b", "a"))))).toEqual(["b"]);
    const empty = { ...named("a"), matrix: { params: [{ name: "p", value: [] }] } };
    const pipeline = tasks(state(empty), state(named("b", "a")));
    expect(pipeline.tasks.map(item => pipeline.skipped(item))).toEqual([
      skipReason.emptyMatrix,
      skipReason.parent,
    ]);
  });
});

describe("the condition", () => {
  const of = (status: string | undefined, ...states: TaskState[]) =>
    verdict(new PipelineState(states, status, never), "r", "1h0m0s");

  test.each([
    ["Succeeded", "True", undefined, [state(named("a"), child("True"))]],
    ["Failed", "False", undefined, [state(named("a"), child("False"))]],
    [
      "PipelineRunStopping",
      "Unknown",
      undefined,
      [state(named("a"), child("False")), state(named("b"), child("Unknown"))],
    ],
    ["Running", "Unknown", undefined, [state(named("a"), child("False")), final(state(named("f")))]],
    ["Cancelled", "False", undefined, [state(named("a"), child("False", "TaskRunCancelled"))]],
    ["CancelledRunningFinally", "Unknown", "CancelledRunFinally", [state(named("a"), child("Unknown"))]],
    ["StoppedRunningFinally", "Unknown", "StoppedRunFinally", [state(named("a"), child("Unknown"))]],
    ["Cancelled", "False", "StoppedRunFinally", [state(named("a"))]],
  ] as const)("is %s (%s)", (reason, status, specStatus, states) => {
    expect(of(specStatus, ...states)).toMatchObject({ reason, status });
  });
});

describe("a run", () => {
  const spec = {
    pipelineTaskName: "a",
    podTemplate: { affinity: { podAffinity: {} } },
    serviceAccountName: "own",
  };
  const run = {
    spec: {
      timeouts: { pipeline: "10s", finally: "4s" },
      taskRunTemplate: {
        serviceAccountName: "all",
        podTemplate: { affinity: { nodeAffinity: {} }, hostNetwork: true },
      },
      taskRunSpecs: [spec],
    },
    status: { startTime: "2026-01-01T00:00:00Z" },
  } as unknown as PipelineRun;

  test("has settings for one task over those for all", () => {
    const podTemplate = { affinity: { podAffinity: {} }, hostNetwork: true };
    expect(taskRunSpecOf(run, "a")).toMatchObject({ serviceAccountName: "own", podTemplate });
    expect(taskRunSpecOf(run, "b")).toMatchObject({ serviceAccountName: "all" });
  });

  test("has time for its tasks that is what its final tasks leave", () => {
    const at = (seconds: number): number => Date.parse("2026-01-01T00:00:00Z") + seconds * 1000;
    expect(timedOut(run, at(6))).toEqual({ pipeline: false, tasks: false, finally: false });
    expect(timedOut(run, at(6.001))).toEqual({ pipeline: false, tasks: true, finally: false });
    expect(timedOut(run, at(11))).toEqual({ pipeline: true, tasks: true, finally: false });
    expect(untilNextLimit(run, at(1))).toBe(5000);
    expect(untilNextLimit(run, at(7))).toBe(3000);
  });

  test("cannot cancel a child run, as Tekton cannot", () => {
    const reference = { apiVersion: "tekton.dev/v1", pipelineTaskName: "t" };
    const children = [
      { ...reference, kind: "TaskRun" as const, name: "a" },
      { ...reference, kind: "PipelineRun" as const, name: "b" },
    ];
    const { patches, stuck } = cancelChildren(children, "timedOut");
    expect(patches.map(({ name, operations }) => [name, operations[0]?.value])).toEqual([
      ["a", "TaskRunCancelled"],
    ]);
    expect(stuck).toEqual([expect.stringContaining("b:PipelineRun")]);
  });

  test.each([
    ["TaskRun", { name: "t", taskRef: { name: "x", kind: "Task" } }],
    ["TaskRun", { name: "t", taskSpec: {} }],
    ["CustomRun", { name: "t", taskRef: { apiVersion: "example.dev/v1", kind: "Wait" } }],
    ["PipelineRun", { name: "t", pipelineSpec: {} }],
  ])("makes a %s", (kind, task) => expect(childKind(task)).toBe(kind));
});

test("a task's workspaces have the run's params put in, and no defaults of its pipeline's", () => {
  const claim = (claimName: string) => ({ name: "w", persistentVolumeClaim: { claimName } });
  const spec = {
    params: [{ name: "shard", value: "3" }],
    workspaces: [{ ...claim("cache-$(params.shard)-$(params.byDefault)"), subPath: "$(params.shard)/work" }],
    pipelineSpec: { params: [{ name: "byDefault", default: "x" }] },
  };
  const run = { kind: "PipelineRun", metadata: { name: "r" }, spec } as unknown as PipelineRun;
  const { bindings } = taskWorkspaces(run, { name: "a", workspaces: [{ name: "w", subPath: "deep" }] });
  expect(bindings).toEqual([{ ...claim("cache-3-$(params.byDefault)"), subPath: "3/work/deep" }]);
});
