import { describe, expect, it } from "@jest/globals";
import { asking, aTask, graphOf, known, runOf, UNKNOWN } from "../testing/definitions";
import type { PipelineRun } from "../tekton/objects";
import { firstWave, peakDemand, waves } from "./peak";
import type { PipelineSpec, PipelineTask } from "./pipeline-spec";
import { toQuantities } from "./resources";
import { missingDefinitions } from "./task-graph";

describe("definitions by name", () => {
  const run = { spec: { pipelineRef: { name: "ci" } } } as PipelineRun;
  const ci: PipelineSpec = {
    tasks: [
      { name: "a", taskRef: { name: "golang", kind: "Task" } },
      { name: "b", taskRef: { name: "golang", apiVersion: "tekton.dev/v1" } },
      { name: "in", pipelineRef: { name: "inner" } },
      { name: "named-by-param", taskRef: { name: "$(params.tool)" } },
    ],
    params: [{ name: "tool", default: "lint" }],
  };

  it("are asked for once each, the further ones when those before are known, and never again", () => {
    expect(missingDefinitions(run, known())).toEqual([{ kind: "Pipeline", name: "ci" }]);
    const further = [
      { kind: "Task", name: "golang" },
      { kind: "Pipeline", name: "inner" },
      { kind: "Task", name: "lint" },
    ];
    expect(missingDefinitions(run, known({ ci }))).toEqual(further);
    const inner = { tasks: [{ name: "x", taskRef: { name: "npm" } }] };
    const tasks = { golang: aTask({ cpu: "1" }), lint: undefined };
    expect(missingDefinitions(run, known({ ci, inner }, tasks))).toEqual([{ kind: "Task", name: "npm" }]);
    expect(missingDefinitions(run, known({ ci, inner }, { ...tasks, npm: undefined }))).toEqual([]);
  });

  it("that are missing count as unknown, and are named in one sentence", () => {
    const graph = graphOf(
      run,
      known({ ci, inner: undefined }, { golang: aTask({ cpu: "1" }), lint: undefined }),
    );
    expect(graph.notes).toEqual([
      "Not known in advance, each counted as cpu=100m: in (Pipeline inner was not found), named-by-param (Task lint was not found).",
    ]);
    expect(toQuantities(peakDemand(graph).peak)).toEqual({ cpu: "2200m" });
  });

  it("that are missing for the pipeline itself leave one unknown task", () => {
    const graph = graphOf(run, known({ ci: undefined }));
    expect(graph.tasks).toEqual([
      { name: "(pipeline)", count: 1, each: UNKNOWN, after: [], isUnknown: true },
    ]);
    expect(graph.notes).toEqual([
      "Not known in advance, each counted as cpu=100m: (pipeline) (Pipeline ci was not found).",
    ]);
  });

  it.each<[string, PipelineTask, string]>([
    ["a resolver", { taskRef: { resolver: "git" } }, "resolver git"],
    ["a resolver of a pipeline", { pipelineRef: { resolver: "hub" } }, "resolver hub"],
    ["a bundle of v1beta1", { taskRef: { name: "x", bundle: "registry/x" } }, "a bundle"],
    ["a ClusterTask", { taskRef: { kind: "ClusterTask", name: "x" } }, "kind ClusterTask"],
    ["nothing at all", {}, "no name of a Task"],
    ["a name that is not known", { taskRef: { name: "$(params.nowhere)" } }, "no name of a Task"],
  ])("are not asked for: %s", (_, task, why) => {
    const odd = runOf({ tasks: [{ name: "odd", ...task }, asking("next", "1", { runAfter: ["odd"] })] });
    expect(missingDefinitions(odd, known())).toEqual([]);
    const graph = graphOf(odd);
    expect(graph.notes).toEqual([`Not known in advance, each counted as cpu=100m: odd (${why}).`]);
    expect(waves(graph)).toEqual([["odd"], ["next"]]);
    expect(firstWave(graph)).toEqual(UNKNOWN);
  });

  // Source: Tekton's pipelinerun.go, createCustomRuns: one for each combination of its matrix.
  it.each<{ name: string; task: PipelineTask; customRuns?: number }>([
    {
      name: "by reference",
      task: { taskRef: { apiVersion: "example.dev/v1", kind: "Approval", name: "x" } },
    },
    { name: "by reference without a kind", task: { taskRef: { apiVersion: "example.dev/v1", name: "x" } } },
    { name: "embedded", task: { taskSpec: { apiVersion: "example.dev/v1", kind: "Wait" } } },
    {
      name: "with a matrix",
      task: {
        taskRef: { apiVersion: "example.dev/v1", kind: "Approval" },
        matrix: { params: [{ name: "p", value: ["1", "2"] }] },
      },
      customRuns: 2,
    },
  ])(
    "a custom task makes no pod, and what comes after it waits for it: $name",
    ({ task, customRuns = 1 }) => {
      const graph = graphOf(
        runOf({ tasks: [{ name: "custom", ...task }, asking("next", "1", { runAfter: ["custom"] })] }),
      );
      expect(graph.notes).toEqual([]);
      expect(graph.tasks[0]).toEqual({ name: "custom", count: 0, each: {}, after: [], customRuns });
      expect(waves(graph).flat()).toEqual(["next"]);
      expect(firstWave(graph)).toEqual({});
    },
  );

  it("a long list of names is cut", () => {
    const tasks = Array.from({ length: 25 }, (_, index) => ({
      name: `t${index}`,
      taskRef: { resolver: "git" },
    }));
    expect(graphOf(runOf({ tasks })).notes).toEqual([
      expect.stringMatching(/t9 \(resolver git\) and 15 more\.$/),
    ]);
  });
});
