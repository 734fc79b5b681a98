import { describe, expect, it } from "@jest/globals";
import type { PipelineRun } from "../tekton/objects";
import { asking, graphOf, known, runOf } from "../testing/definitions";
import type { PipelineSpec, PipelineTask, WhenExpression } from "./pipeline-spec";
import { taskGraph } from "./task-graph";

const never = [{ input: "a", operator: "in", values: ["b"] }];
const empty = { params: [{ name: "p", value: [] }] };
const using = (task: string): PipelineTask => ({
  params: [{ name: "p", value: `$(tasks.${task}.results.r)` }],
});

/** Names of the tasks that have pods. */
const running = (spec: PipelineSpec, more: object = {}): string[] =>
  graphOf(runOf(spec, more))
    .tasks.filter(({ count }) => count > 0)
    .map(({ name }) => name);

describe("tasks that will not run", () => {
  it.each<{ name: string; spec: PipelineSpec; expected: string[] }>([
    {
      name: "what only comes after one that when rules out runs",
      spec: { tasks: [asking("no", "1", { when: never }), asking("next", "1", { runAfter: ["no"] })] },
      expected: ["next"],
    },
    {
      name: "what uses a result of one that when rules out does not, nor what comes after that",
      spec: {
        tasks: [
          asking("last", "1", { runAfter: ["user"] }),
          asking("user", "1", using("no")),
          asking("no", "1", { when: never }),
        ],
      },
      expected: [],
    },
    {
      name: "one that when rules out lets the next run, also after one that is skipped",
      spec: {
        tasks: [
          asking("none", "1", { matrix: empty }),
          asking("no", "1", { when: never, runAfter: ["none"] }),
          asking("next", "1", { runAfter: ["no"] }),
          asking("both", "1", { runAfter: ["no", "none"] }),
        ],
      },
      expected: ["next"],
    },
    {
      name: "what comes after a matrix of an empty array does not",
      spec: {
        tasks: [
          asking("none", "9", { matrix: empty }),
          asking("b", "1", { runAfter: ["none"] }),
          asking("c", "1"),
        ],
      },
      expected: ["c"],
    },
    {
      name: "final tasks run, but not those that use a result of one that does not",
      spec: {
        tasks: [asking("no", "1", { when: never }), asking("after", "1", using("no")), asking("a", "1")],
        finally: [
          asking("report", "1"),
          asking("of-no", "1", using("no")),
          asking("of-after", "1", using("after")),
          asking("of-a", "1", using("a")),
          asking("ruled-out", "1", { when: never }),
        ],
      },
      expected: ["a", "report", "of-a"],
    },
    {
      name: "a pipeline in a pipeline that is ruled out, and what comes after it",
      spec: {
        tasks: [
          { name: "in", when: never, pipelineSpec: { tasks: [asking("x", "1")] } },
          asking("next", "1", { runAfter: ["in"] }),
        ],
      },
      expected: ["next"],
    },
    {
      name: "a condition on a result of one that does not run is compared as it is written: no, and the next runs",
      spec: {
        tasks: [
          asking("no", "1", { when: never }),
          asking("asks", "1", {
            when: [{ input: "$(tasks.no.results.kind)", operator: "in", values: ["full"] }],
          }),
          asking("asks-cel", "1", { when: [{ cel: "'$(tasks.no.results.kind)' == 'full'" }] }),
          asking("next", "1", { runAfter: ["asks", "asks-cel"] }),
        ],
      },
      expected: ["next"],
    },
    {
      name: "where that lets it run, it lacks the result, and the next does not run",
      spec: {
        tasks: [
          asking("no", "1", { when: never }),
          asking("asks", "1", {
            when: [{ input: "$(tasks.no.results.kind)", operator: "notin", values: ["full"] }],
          }),
          asking("next", "1", { runAfter: ["asks"] }),
        ],
      },
      expected: [],
    },
  ])("$name", ({ spec, expected }) => {
    expect(running(spec)).toEqual(expected);
  });

  it("keep their place: what comes after waits for what was before", () => {
    const { tasks } = graphOf(
      runOf({
        tasks: [
          asking("first", "1"),
          asking("no", "1", { when: never, runAfter: ["first"] }),
          asking("next", "1", { runAfter: ["no"] }),
        ],
      }),
    );
    expect(tasks[1]).toEqual({ name: "no", count: 0, each: {}, after: ["first"] });
    expect(tasks[2]!.after).toEqual(["no"]);
  });
});

describe("when", () => {
  const params = [
    { name: "mode", value: "quick" },
    { name: "list", value: ["a", "b"] },
    { name: "object", value: { key: "k" } },
  ];
  const spec = (when: WhenExpression[]): PipelineSpec => ({
    params: [{ name: "mode", default: "full" }],
    workspaces: [{ name: "cache" }, { name: "other" }],
    tasks: [asking("t", "1", { when })],
  });
  const more = { params, workspaces: [{ name: "cache", emptyDir: {} }] };

  it.each<{ name: string; when: WhenExpression[]; runs: boolean }>([
    { name: "in", when: [{ input: "$(params.mode)", operator: "in", values: ["quick", "x"] }], runs: true },
    { name: "not in", when: [{ input: "$(params.mode)", operator: "in", values: ["full"] }], runs: false },
    { name: "notin", when: [{ input: "$(params.mode)", operator: "notin", values: ["quick"] }], runs: false },
    {
      name: "notin, and it is not",
      when: [{ input: "x", operator: "notin", values: ["quick"] }],
      runs: true,
    },
    { name: "an empty text", when: [{ input: "", operator: "in", values: [""] }], runs: true },
    { name: "no values", when: [{ input: "x", operator: "in", values: [] }], runs: false },
    {
      name: "a whole array as values",
      when: [{ input: "b", operator: "in", values: ["$(params.list[*])"] }],
      runs: true,
    },
    {
      name: "none of a whole array",
      when: [{ input: "c", operator: "in", values: ["$(params.list[*])"] }],
      runs: false,
    },
    {
      name: "a whole array as input",
      when: [{ input: "$(params.list[*])", operator: "in", values: ['["a","b"]'] }],
      runs: true,
    },
    { name: "an item", when: [{ input: "$(params.list[1])", operator: "in", values: ["a"] }], runs: false },
    { name: "a key", when: [{ input: "$(params.object.key)", operator: "in", values: ["k"] }], runs: true },
    {
      name: "a workspace that is bound",
      when: [{ input: "$(workspaces.cache.bound)", operator: "in", values: ["true"] }],
      runs: true,
    },
    {
      name: "a workspace that is not",
      when: [{ input: "$(workspaces.other.bound)", operator: "in", values: ["true"] }],
      runs: false,
    },
    {
      name: "a result: not known",
      when: [{ input: "$(tasks.a.results.b)", operator: "in", values: ["x"] }],
      runs: true,
    },
    {
      name: "a result among the values: not known",
      when: [{ input: "x", operator: "in", values: ["$(tasks.a.results.b)"] }],
      runs: true,
    },
    { name: "one of two", when: [{ input: "a", operator: "in", values: ["a"] }, ...never], runs: false },
    {
      name: "one of two, the other not known",
      when: [{ input: "$(tasks.a.results.b)", operator: "in", values: ["a"] }, ...never],
      runs: false,
    },
    { name: "CEL that is true", when: [{ cel: "'$(params.mode)'.startsWith('q')" }], runs: true },
    { name: "CEL that is false", when: [{ cel: "'$(params.mode)' == 'full'" }], runs: false },
    { name: "CEL of a result: not known", when: [{ cel: "'$(tasks.a.results.b)' == 'full'" }], runs: true },
    { name: "CEL that is malformed", when: [{ cel: "'$(params.mode)' == " }], runs: true },
  ])("$name", ({ when, runs }) => {
    const { tasks } = spec(when);
    const withA = { ...spec(when), tasks: [asking("a", "1"), ...tasks!] };
    expect(running(withA, more).includes("t")).toBe(runs);
  });

  it.each([
    { what: "an embedded one has the run's", reference: undefined, is: "nightly-1" },
    { what: "one by name", reference: { name: "nightly" }, is: "nightly" },
  ])("the name of the pipeline: $what", ({ reference, is }) => {
    const named = spec([{ input: "$(context.pipeline.name)", operator: "in", values: ["nightly-1"] }]);
    const ofRun = reference === undefined ? { pipelineSpec: named } : { pipelineRef: reference };
    const run = { ...runOf({}), metadata: { name: "nightly-1" }, spec: ofRun };
    const { tasks } = taskGraph(run as PipelineRun, known({ nightly: named }), {});
    expect(tasks[0]!.count).toBe(is === "nightly-1" ? 1 : 0);
  });
});
