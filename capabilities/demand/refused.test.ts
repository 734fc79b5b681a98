import { describe, expect, it } from "@jest/globals";
import { asking, graphOf, runOf } from "../testing/definitions";
import { firstWave, peakDemand, waves } from "./peak";
import type { PipelineSpec } from "./pipeline-spec";
import { toQuantities } from "./resources";

describe("a run that Tekton will refuse", () => {
  it.each<[string, PipelineSpec, string]>([
    [
      "a circle",
      { tasks: [asking("a", "1", { runAfter: ["b"] }), asking("b", "1", { runAfter: ["a"] })] },
      "its tasks wait for each other in a circle",
    ],
    [
      "a task after itself",
      { tasks: [asking("a", "1", { runAfter: ["a"] })] },
      "its tasks wait for each other in a circle",
    ],
    [
      "an unknown runAfter",
      { tasks: [asking("a", "1", { runAfter: ["b"] })] },
      'task a comes after "b", which is not a task of it',
    ],
    [
      "a runAfter of a finally task",
      { tasks: [asking("a", "1", { runAfter: ["f"] })], finally: [asking("f", "1")] },
      'task a comes after "f", which is not a task of it',
    ],
    ["a name twice", { tasks: [asking("a", "1")], finally: [asking("a", "1")] }, "two tasks are named a"],
    ["a name that is none", { tasks: [asking("in/x", "1")] }, '"in/x" is not the name of a task'],
    ["a task without a name", { tasks: [{}] }, '"" is not the name of a task'],
  ])("has no tasks, and that is said: %s", (_, spec, problem) => {
    const graph = graphOf(runOf(spec));
    expect(graph).toEqual({ tasks: [], notes: [`Tekton will refuse the pipeline: ${problem}.`] });
    expect(peakDemand(graph)).toEqual({ peak: {}, tasks: {} });
    expect(firstWave(graph)).toEqual({});
    expect(waves(graph)).toEqual([]);
  });

  it("only in a pipeline in it, which counts as unknown", () => {
    const graph = graphOf(
      runOf({
        tasks: [
          asking("a", "1"),
          { name: "in", pipelineSpec: { tasks: [asking("b", "1", { runAfter: ["c"] })] } },
        ],
      }),
    );
    expect(graph.notes).toEqual([
      'Not known in advance, each counted as cpu=100m: in (task b comes after "c", which is not a task of it).',
    ]);
    expect(toQuantities(peakDemand(graph).peak)).toEqual({ cpu: "1100m" });
  });
});
