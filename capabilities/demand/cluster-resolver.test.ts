/** Source: Tekton's pkg/resolution/resolver/cluster/resolver.go. */
import { describe, expect, test } from "@jest/globals";
import { asking, aTask, graphOf, known, peakOf, runOf, UNKNOWN } from "../testing/definitions";
import type { PipelineRun } from "../tekton/objects";
import type { NamedReference, PipelineSpec } from "./pipeline-spec";
import { missingDefinitions } from "./task-graph";

const cluster = (params: Record<string, string>): NamedReference => ({
  resolver: "cluster",
  params: Object.entries(params).map(([name, value]) => ({ name, value })),
});
const golang = { kind: "task", name: "golang", namespace: "tools" };
const oneTask = (reference: NamedReference, more: object = {}) =>
  runOf({ tasks: [{ name: "a", taskRef: reference }] }, more);
const pipelineRun = (reference: NamedReference, more: object = {}): PipelineRun =>
  ({
    metadata: { name: "build", namespace: "ci" },
    spec: { pipelineRef: reference, ...more },
  }) as PipelineRun;

describe("what the resolver cluster brings is read in advance", () => {
  test.each([
    { name: "a task of another namespace", reference: cluster(golang) },
    { name: "a task, by the resolver's default kind", reference: cluster({ ...golang, kind: "" }) },
    {
      name: "a name by a parameter",
      reference: cluster({ ...golang, name: "$(params.tool)" }),
      more: { params: [{ name: "tool", value: "golang" }] },
    },
  ])("$name", ({ reference, more }) => {
    const run = oneTask(reference, more);
    expect(missingDefinitions(run, known())).toEqual([{ kind: "Task", name: "golang", namespace: "tools" }]);
    const definitions = known({}, { "tools/golang": aTask({ cpu: "3" }), golang: aTask({ cpu: "7" }) });
    expect(missingDefinitions(run, definitions)).toEqual([]);
    expect(peakOf(run, definitions)).toEqual({ cpu: "3" });
    expect(graphOf(run, definitions).notes).toEqual([]);
  });

  test("a pipeline, whose own tasks are looked for in the run's namespace", () => {
    const run = pipelineRun(
      cluster({
        kind: "pipeline",
        name: "$(params.which)",
        namespace: "$(context.pipelineRun.namespace)-shared",
      }),
      { params: [{ name: "which", value: "release" }] },
    );
    expect(missingDefinitions(run, known())).toEqual([
      { kind: "Pipeline", name: "release", namespace: "ci-shared" },
    ]);
    const release: PipelineSpec = { tasks: [{ name: "a", taskRef: { name: "golang" } }, asking("b", "1")] };
    expect(missingDefinitions(run, known({ "ci-shared/release": release }))).toEqual([
      { kind: "Task", name: "golang" },
    ]);
    const all = known({ "ci-shared/release": release }, { golang: aTask({ cpu: "2" }) });
    expect(peakOf(run, all)).toEqual({ cpu: "3" });
  });

  test("a pipeline in a pipeline, and not one in itself", () => {
    const inner = cluster({ kind: "pipeline", name: "inner", namespace: "tools" });
    const run = runOf({ tasks: [{ name: "in", pipelineRef: inner }] });
    expect(peakOf(run, known({ "tools/inner": { tasks: [asking("b", "4")] } }))).toEqual({ cpu: "4" });
    const itself = graphOf(run, known({ "tools/inner": { tasks: [{ name: "again", pipelineRef: inner }] } }));
    expect(itself.notes).toEqual([expect.stringContaining("Pipeline tools/inner contains itself")]);
  });
});

describe("what is not known of it counts as unknown", () => {
  test.each<{ name: string; params: Record<string, string> }>([
    { name: "its default namespace is the resolver's", params: { kind: "task", name: "golang" } },
    { name: "no name", params: { kind: "task", namespace: "tools" } },
    { name: "another kind", params: { ...golang, kind: "stepaction" } },
    { name: "a name that is another task's result", params: { ...golang, name: "$(tasks.x.results.y)" } },
    { name: "no namespace's name", params: { ...golang, namespace: "a/b" } },
  ])("$name", ({ params }) => {
    const run = oneTask(cluster(params));
    expect(missingDefinitions(run, known())).toEqual([]);
    expect(graphOf(run).tasks).toEqual([{ name: "a", count: 1, each: UNKNOWN, after: [], isUnknown: true }]);
    expect(graphOf(run).notes).toEqual([
      "Not known in advance, each counted as cpu=100m: a (resolver cluster).",
    ]);
  });

  test.each([
    { name: "it is not there", more: {}, why: "Task tools/golang was not found" },
    {
      name: "it may not be read",
      more: { notAllowed: new Set(["Task tools/golang"]) },
      why: "Task tools/golang may not be read",
    },
  ])("$name", ({ more, why }) => {
    const graph = graphOf(oneTask(cluster(golang)), known({}, { "tools/golang": undefined }, more));
    expect(graph.notes).toEqual([`Not known in advance, each counted as cpu=100m: a (${why}).`]);
  });
});

test("a pipeline that Tekton has resolved stands in place of what was not known of it", () => {
  const run = runOf({ tasks: [{ name: "in", pipelineRef: { resolver: "git" } }] });
  const resolvedPipelines = new Map([["in", { tasks: [asking("b", "4"), asking("c", "1")] }]]);
  const graph = graphOf(run, known({}, {}, { resolvedPipelines }));
  expect(graph.notes).toEqual([]);
  expect(graph.tasks.filter(({ count }) => count > 0).map(({ name }) => name)).toEqual(["in/b", "in/c"]);
});
