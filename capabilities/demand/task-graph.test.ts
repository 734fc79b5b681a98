import { describe, expect, it } from "@jest/globals";
import { asking, aTask, known, runOf } from "../testing/definitions";
import type { PipelineRun } from "../tekton";
import { firstWave, peakDemand, waves } from "./peak";
import type { Definitions, PipelineSpec, PipelineTask } from "./pipeline-spec";
import { toQuantities } from "./resources";
import { missingDefinitions, taskGraph } from "./task-graph";

const UNKNOWN = { cpu: 100 };
const graphOf = (run: PipelineRun, definitions: Definitions = known()) =>
  taskGraph(run, definitions, UNKNOWN);
const peakOf = (run: PipelineRun, definitions?: Definitions) =>
  toQuantities(peakDemand(graphOf(run, definitions)).peak);
const waveList = (run: PipelineRun, definitions?: Definitions) => waves(graphOf(run, definitions));

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
    expect(waveList(run)).toEqual([["fetch"], ["build-0", "build-1", "build-2"], ["publish"]]);
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
    expect(waveList(run)).toEqual([["a"], ["b"], ["report", "notify"]]);
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

  it("passes over a task that Tekton skips because its matrix is empty", () => {
    const run = runOf({
      tasks: [
        asking("none", "9", { matrix: { params: [{ name: "p", value: [] }] } }),
        asking("b", "1", { runAfter: ["none"] }),
      ],
    });
    expect(peakOf(run)).toEqual({ cpu: "1" });
    expect(firstWave(graphOf(run))).toEqual({ cpu: 1000 });
    expect(waveList(run)).toEqual([["b"]]);
  });

  it("takes the spec that Tekton has resolved, when it has", () => {
    const status = { pipelineSpec: { tasks: [asking("a", "2")] } } as PipelineRun["status"];
    const run = { ...runOf({ tasks: [asking("a", "1")] }), status };
    expect(peakOf(run)).toEqual({ cpu: "2" });
  });

  it("adds the runtime class's overhead to every pod, and what the run says of its tasks", () => {
    const run = runOf(
      { tasks: [asking("a", "1"), asking("b", "1")] },
      { taskRunSpecs: [{ pipelineTaskName: "b", computeResources: { requests: { cpu: "3" } } }] },
    );
    expect(peakOf(run, known({}, {}, { runtimeOverhead: { cpu: 500 } }))).toEqual({ cpu: "5" });
  });
});

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
    expect(waveList(run)).toEqual([["before"], ["in/x"], ["in/y"], ["in/z", "in/w"], ["after"]]);
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
      Array.from({ length: 9 }, (_, index) => [`level-${index}`, ten(`level-${index + 1}`)]),
    );
    const start = performance.now();
    const graph = graphOf(
      runOf(ten("level-0")),
      known({ ...levels, "level-9": { tasks: [asking("x", "1")] } }),
    );
    expect(graph.tasks.length).toBeLessThan(25_000);
    expect(graph.notes.join()).toContain("followed up to 10000 tasks");
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

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
    expect(graph.tasks).toEqual([{ name: "(pipeline)", count: 1, each: UNKNOWN, after: [] }]);
    expect(graph.notes).toEqual([
      "Not known in advance, each counted as cpu=100m: (pipeline) (Pipeline ci was not found).",
    ]);
  });

  it.each<[string, PipelineTask, string]>([
    ["a resolver", { taskRef: { resolver: "git" } }, "resolver git"],
    ["a resolver of a pipeline", { pipelineRef: { resolver: "hub" } }, "resolver hub"],
    ["a bundle of v1beta1", { taskRef: { name: "x", bundle: "registry/x" } }, "a bundle"],
    [
      "a custom task",
      { taskRef: { apiVersion: "example.dev/v1", kind: "Approval", name: "x" } },
      "custom task Approval",
    ],
    [
      "an embedded custom task",
      { taskSpec: { apiVersion: "example.dev/v1", kind: "Wait" } },
      "custom task Wait",
    ],
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

describe("what nobody has checked", () => {
  it("a quantity that does not parse counts as unknown, and is said", () => {
    const graph = graphOf(runOf({ tasks: [asking("a", "$(params.cpu)"), asking("b", "1")] }));
    expect(graph.notes).toEqual([
      expect.stringMatching(/^Task a is counted as cpu=100m: cpu: "\$\(params.cpu\)" is not a quantity; /),
    ]);
    expect(toQuantities(peakDemand(graph).peak)).toEqual({ cpu: "1100m" });
  });

  it("a LimitRange that does not parse is left out, and is said", () => {
    const limitRanges = [{ spec: { limits: [{ type: "Container", min: { cpu: "x" } }] } }];
    const graph = graphOf(runOf({ tasks: [asking("a", "1")] }), known({}, {}, { limitRanges }));
    expect(graph.notes).toEqual([expect.stringContaining("LimitRanges are left out: cpu:")]);
    expect(toQuantities(peakDemand(graph).peak)).toEqual({ cpu: "1" });
  });

  it.each<unknown>([
    {},
    { spec: null },
    { spec: [], status: "x" },
    { spec: { pipelineSpec: "x", pipelineRef: 3 } },
    { spec: { pipelineSpec: { tasks: "x", finally: {}, params: 7 } } },
    { spec: { pipelineSpec: { tasks: [null, 3, "x", []] }, params: "x", taskRunSpecs: [null, 3] } },
    {
      spec: {
        pipelineSpec: {
          params: [{ name: 3, default: {} }],
          tasks: [{ name: "a", taskSpec: [], taskRef: 3, matrix: { params: [{ value: { a: 1 } }] } }],
        },
      },
    },
    { spec: { pipelineRef: { name: "__proto__" } }, status: { pipelineSpec: null } },
  ])("an odd shape does not make it throw: %j", run => {
    const graph = graphOf(run as PipelineRun);
    expect(peakDemand(graph).peak).toEqual(expect.any(Object));
    expect(missingDefinitions(run as PipelineRun, known())).toEqual(expect.any(Array));
  });
});
