import { describe, expect, it } from "@jest/globals";
import { asking, aTask, graphOf, peakOf, runOf } from "../testing/definitions";
import type { PipelineRun } from "../tekton/objects";
import { firstWave, peakDemand, waves } from "./peak";
import type { PipelineSpec } from "./pipeline-spec";

describe("the peak of a run", () => {
  it("is that of the tasks that may run at once, not of all", () => {
    const run = runOf({
      tasks: [
        asking("fetch", "1"),
        ...[2, 2, 5].map((cpu, index) => asking(`build-${index}`, String(cpu), { runAfter: ["fetch"] })),
        asking("publish", "8", { runAfter: ["build-0", "build-1", "build-2"] }),
      ],
    });
    expect(peakDemand(graphOf(run))).toEqual({
      peak: { cpu: 9000 },
      tasks: { cpu: ["build-0", "build-1", "build-2"] },
    });
    expect(firstWave(graphOf(run))).toEqual({ cpu: 1000 });
    expect(waves(graphOf(run))).toEqual([["fetch"], ["build-0", "build-1", "build-2"], ["publish"]]);
  });

  it("keeps of what a task comes after only what says something", () => {
    const run = runOf({
      tasks: [
        asking("a", "1"),
        asking("b", "1", { runAfter: ["a"] }),
        asking("c", "1", { runAfter: ["a", "b"] }),
      ],
    });
    expect(graphOf(run).tasks.map(({ after }) => after)).toEqual([[], ["a"], ["b"]]);
  });

  it("is reckoned for each resource by itself", () => {
    const task = (name: string, requests: Record<string, string>, runAfter: string[] = []) => ({
      name,
      taskSpec: aTask(requests),
      runAfter,
    });
    const run = runOf({
      tasks: [task("a", { cpu: "4", memory: "1Gi" }), task("b", { cpu: "1", memory: "8Gi" }, ["a"])],
    });
    expect(peakDemand(graphOf(run))).toEqual({
      peak: { cpu: 4000, memory: 8 * 2 ** 30 },
      tasks: { cpu: ["a"], memory: ["b"] },
    });
  });

  it("counts all finally tasks together, and not beside the others", () => {
    const run = runOf({
      tasks: [asking("a", "3"), asking("b", "1", { runAfter: ["a"] })],
      finally: [
        asking("report", "2"),
        asking("notify", "2", { params: [{ name: "p", value: "$(tasks.a.results.x)" }] }),
      ],
    });
    expect(peakDemand(graphOf(run))).toEqual({ peak: { cpu: 4000 }, tasks: { cpu: ["report", "notify"] } });
    expect(waves(graphOf(run))).toEqual([["a"], ["b"], ["report", "notify"]]);
    expect(firstWave(graphOf(run))).toEqual({ cpu: 3000 });
  });

  it("of finally tasks alone begins with them", () => {
    const run = runOf({ finally: [asking("report", "2")] });
    expect(firstWave(graphOf(run))).toEqual({ cpu: 2000 });
  });

  it("counts a task as if its when allowed it", () => {
    expect(peakOf(runOf({ tasks: [asking("a", "3", { when: [{ input: "x", values: [] }] })] }))).toEqual({
      cpu: "3",
    });
  });

  it("multiplies a matrix out, arrays of the run before the pipeline's defaults", () => {
    const matrix = {
      params: [
        { name: "p", value: "$(params.list[*])" },
        { name: "q", value: ["a", "b"] },
      ],
    };
    const spec: PipelineSpec = {
      params: [{ name: "list", default: ["1"] }],
      tasks: [asking("test", "1", { matrix })],
    };
    expect(peakOf(runOf(spec))).toEqual({ cpu: "2" });
    expect(peakOf(runOf(spec, { params: [{ name: "list", value: ["1", "2", "3"] }] }))).toEqual({ cpu: "6" });
  });

  it("takes the spec that Tekton has resolved, when it has", () => {
    const status = { pipelineSpec: { tasks: [asking("a", "2")] } } as PipelineRun["status"];
    const run = { ...runOf({ tasks: [asking("a", "1")] }), status };
    expect(peakOf(run)).toEqual({ cpu: "2" });
  });

  it("counts what the run says of its tasks", () => {
    const run = runOf(
      { tasks: [asking("a", "1"), asking("b", "1")] },
      { taskRunSpecs: [{ pipelineTaskName: "b", computeResources: { requests: { cpu: "3" } } }] },
    );
    expect(peakOf(run)).toEqual({ cpu: "4" });
  });
});
