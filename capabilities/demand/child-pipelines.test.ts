import { describe, expect, it } from "@jest/globals";
import { asking, graphOf, known, peakOf, runOf } from "../testing/definitions";
import { firstWave, peakDemand, waves } from "./peak";
import type { PipelineSpec, PipelineTask } from "./pipeline-spec";
import { toQuantities } from "./resources";

describe("pipelines in pipelines", () => {
  const inner: PipelineSpec = {
    params: [{ name: "list", default: ["1"] }],
    tasks: [
      asking("x", "1", { matrix: { params: [{ name: "p", value: "$(params.list[*])" }] } }),
      asking("y", "4", { runAfter: ["x"] }),
    ],
    finally: [asking("z", "2"), asking("w", "3")],
  };

  it("stand where their task stands", () => {
    const run = runOf({
      tasks: [
        asking("before", "1"),
        { name: "in", pipelineSpec: inner, runAfter: ["before"] },
        asking("after", "4", { runAfter: ["in"] }),
      ],
    });
    expect(waves(graphOf(run))).toEqual([["before"], ["in/x"], ["in/y"], ["in/z", "in/w"], ["after"]]);
    expect(peakDemand(graphOf(run))).toEqual({ peak: { cpu: 5000 }, tasks: { cpu: ["in/z", "in/w"] } });
    expect(firstWave(graphOf(run))).toEqual({ cpu: 1000 });
  });

  it("begin with the run when nothing is before them", () => {
    expect(
      firstWave(graphOf(runOf({ tasks: [{ name: "in", pipelineSpec: inner }, asking("a", "2")] }))),
    ).toEqual({ cpu: 3000 });
  });

  it("get arrays through their params, and not otherwise", () => {
    const task = (params: PipelineTask["params"]): PipelineTask => ({
      name: "in",
      pipelineRef: { name: "inner" },
      params,
    });
    const outer = (params: PipelineTask["params"]) =>
      runOf({ params: [{ name: "list", default: ["1", "2", "3", "4", "5", "6"] }], tasks: [task(params)] });
    const definitions = known({ inner });
    expect(peakOf(outer([]), definitions)).toEqual({ cpu: "5" });
    expect(peakOf(outer([{ name: "list", value: "$(params.list[*])" }]), definitions)).toEqual({ cpu: "6" });
    expect(peakOf(outer([{ name: "list", value: ["0", "$(params.list[*])"] }]), definitions)).toEqual({
      cpu: "7",
    });
    const result = graphOf(
      runOf({ tasks: [asking("a", "1"), task([{ name: "list", value: ["$(tasks.a.results.r[*])", "b"] }])] }),
      definitions,
    );
    expect(result.notes).toEqual([
      "An array of the matrix is another task's result, counted as one item: in/x.",
    ]);
  });

  it("are multiplied by their own matrix, and get none of the run's settings for tasks", () => {
    const run = runOf(
      {
        tasks: [
          {
            name: "in",
            pipelineSpec: { tasks: [asking("x", "1")] },
            matrix: { params: [{ name: "p", value: ["1", "2", "3"] }] },
          },
        ],
      },
      { taskRunSpecs: [{ pipelineTaskName: "x", computeResources: { requests: { cpu: "9" } } }] },
    );
    expect(peakOf(run)).toEqual({ cpu: "3" });
  });

  it("of no tasks take no time", () => {
    const run = runOf({
      tasks: [{ name: "in", pipelineSpec: {} }, asking("after", "4", { runAfter: ["in"] })],
    });
    expect(firstWave(graphOf(run))).toEqual({ cpu: 4000 });
  });

  it("that contain themselves are said, and counted as unknown", () => {
    const loop: PipelineSpec = {
      tasks: [asking("x", "1"), { name: "again", pipelineRef: { name: "loop" } }],
    };
    const graph = graphOf(runOf(undefined as never, { pipelineRef: { name: "loop" } }), known({ loop }));
    expect(graph.notes).toEqual([
      "Not known in advance, each counted as cpu=100m: again (Pipeline loop contains itself).",
    ]);
    expect(toQuantities(peakDemand(graph).peak)).toEqual({ cpu: "1100m" });
  });

  it("are followed no deeper, and to no more tasks, than is set", () => {
    let deep: PipelineSpec = { tasks: [asking("x", "1")] };
    for (let depth = 0; depth < 200; depth++) deep = { tasks: [{ name: "in", pipelineSpec: deep }] };
    expect(graphOf(runOf(deep)).notes).toEqual([
      expect.stringContaining("pipelines in pipelines are followed 10 deep"),
    ]);

    const ten = (name: string): PipelineSpec => ({
      tasks: Array.from({ length: 10 }, (_, index) => ({ name: `t${index}`, pipelineRef: { name } })),
    });
    const levels = Object.fromEntries(
      Array.from({ length: 4 }, (_, index) => [`level-${index}`, ten(`level-${index + 1}`)]),
    );
    const start = performance.now();
    const graph = graphOf(
      runOf(ten("level-0")),
      known({ ...levels, "level-4": { tasks: [asking("x", "1")] } }),
    );
    expect(graph.tasks.length).toBeLessThan(25_000);
    expect(graph.notes.join()).toContain("of one run up to 10000 are followed");
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
