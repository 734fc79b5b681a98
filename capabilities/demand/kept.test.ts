import { describe, expect, it } from "@jest/globals";
import { asking, aTask, graphOf, known, runOf } from "../testing/definitions";
import { sizeOf } from "./allowance";
import { keptPipeline, keptTask } from "./kept";
import type { PipelineSpec, TaskSpec } from "./pipeline-spec";
import { NAMES_OF_THE_RUN, usedWorkspaces } from "./workspaces";

const script = "x".repeat(10_000);

describe("what is kept of a definition", () => {
  const task: TaskSpec = {
    ...{ description: script },
    steps: [{ name: "s", script, args: [script], computeResources: { requests: { cpu: "2" } } }],
    sidecars: [{ name: "db", env: [{ value: script }], resources: { requests: { cpu: "1" } } }],
    stepTemplate: { computeResources: { requests: { memory: "1Gi" } } },
  };
  const pipeline: PipelineSpec = {
    ...{ description: script },
    params: [{ name: "list", default: ["1", "2"] }],
    tasks: [
      asking("fetch", "1"),
      {
        name: "by-script",
        taskSpec: { steps: [{ script: `${script} $(tasks.fetch.results.a) ${script}`, image: "i" }] },
      },
      {
        name: "by-env",
        taskSpec: {
          ...aTask({ cpu: "1" }),
          sidecars: [{ env: [{ value: `${script}$(tasks.fetch.results.b)` }] }],
        },
      },
      { name: "by-args", taskSpec: { steps: [{ args: [script, "$(tasks.by-env.results.c.d)"] }] } },
      { name: "task", taskRef: { name: "task" }, runAfter: ["by-args"] },
      {
        name: "in",
        pipelineSpec: { tasks: [asking("x", "1"), asking("y", "1", { runAfter: ["x"] })] },
        matrix: { params: [{ name: "p", value: "$(params.list[*])" }] },
        when: [{ input: "$(tasks.fetch.results.a)", values: ["1"] }],
      },
    ],
    finally: [asking("end", "3")],
  };

  it("makes the same graph", () => {
    const run = runOf(undefined as never, { pipelineRef: { name: "p" } });
    const whole = graphOf(run, known({ p: pipeline }, { task }));
    const kept = graphOf(run, known({ p: keptPipeline(pipeline) }, { task: keptTask(task) }));
    expect(whole.tasks.find(({ name }) => name === "by-args")!.after).toEqual(["by-env"]);
    expect(kept).toEqual(whole);
  });

  it("refers to the same workspaces", () => {
    const steps = [
      { script: `cd $(workspaces.source.path)\n${script}` },
      { args: ["$(workspaces.cache.bound)"], env: [{ value: "$(workspaces.keys.path)/id" }] },
    ];
    const stepTemplate = { env: [{ value: "$(workspaces.config.path)" }] };
    const embedded: PipelineSpec = { tasks: [{ name: "a", taskSpec: { steps, stepTemplate } }] };
    const [kept] = keptPipeline(embedded).tasks!;
    expect(usedWorkspaces(kept!, NAMES_OF_THE_RUN).sort()).toEqual(["cache", "config", "keys", "source"]);
  });

  it("has the labels that its tasks give their pods", () => {
    const metadata = { labels: { app: "heavy" }, annotations: { long: script } };
    const [{ taskSpec }] = keptPipeline({ tasks: [{ name: "a", taskSpec: { ...task, metadata } }] })
      .tasks as [{ taskSpec: object }];
    expect(taskSpec).toMatchObject({ metadata: { labels: { app: "heavy" } } });
    expect(sizeOf(taskSpec)).toBeLessThan(700);
  });

  it("is little of it", () => {
    expect(sizeOf(keptTask(task))).toBeLessThan(600);
    expect(sizeOf(keptPipeline(pipeline))).toBeLessThan(3000);
  });

  it.each([
    { spec: {} },
    { spec: { steps: "x", sidecars: [3], tasks: {}, finally: [null, { taskSpec: 3 }] } },
  ])("an odd shape does not make it throw: $spec", ({ spec }) => {
    expect(keptTask(spec as TaskSpec)).toEqual(expect.any(Object));
    expect(keptPipeline(spec as PipelineSpec)).toEqual(expect.any(Object));
  });
});
