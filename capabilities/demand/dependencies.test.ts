import { describe, expect, it } from "@jest/globals";
import { dependenciesOf } from "./dependencies";
import type { PipelineTask } from "./pipeline-spec";

const RESULT = "$(tasks.fetch.results.commit)";

describe("what a task comes after", () => {
  it.each<[string, PipelineTask]>([
    ["runAfter", { runAfter: ["fetch"] }],
    ["a result in a param", { params: [{ name: "p", value: `at ${RESULT}!` }] }],
    ["a result in an array param", { params: [{ name: "p", value: ["x", RESULT] }] }],
    ["a result in an object param", { params: [{ name: "p", value: { key: RESULT } }] }],
    ["an item of an array result", { params: [{ name: "p", value: "$(tasks.fetch.results.files[0])" }] }],
    ["a whole array result", { params: [{ name: "p", value: "$(tasks.fetch.results.files[*])" }] }],
    ["a key of an object result", { params: [{ name: "p", value: "$(tasks.fetch.results.image.digest)" }] }],
    [
      "a result in a matrix",
      { matrix: { params: [{ name: "p", value: "$(tasks.fetch.results.files[*])" }] } },
    ],
    ["a result in a matrix's include", { matrix: { include: [{ params: [{ name: "p", value: RESULT }] }] } }],
    ["a result as input of when", { when: [{ input: RESULT, values: ["x"] }] }],
    ["a result among the values of when", { when: [{ input: "x", values: [RESULT] }] }],
    ["a result in CEL", { when: [{ cel: `'${RESULT}' == 'x'` }] }],
    ["a result in a step's script", { taskSpec: { steps: [{ script: `echo ${RESULT}` }] } }],
    ["a result in a step's image", { taskSpec: { steps: [{ image: `builder:${RESULT}` }] } }],
    ["a result in a step's args", { taskSpec: { steps: [{ command: ["x"], args: [RESULT] }] } }],
    ["a result in a step's environment", { taskSpec: { steps: [{ env: [{ value: RESULT }] }] } }],
    [
      "a result that names a secret's key",
      { taskSpec: { steps: [{ env: [{ valueFrom: { secretKeyRef: { name: "s", key: RESULT } } }] }] } },
    ],
    ["a result in a sidecar", { taskSpec: { sidecars: [{ workingDir: RESULT }] } }],
    ["all of these once", { runAfter: ["fetch"], params: [{ name: "p", value: RESULT }] }],
  ])("%s", (_, task) => {
    expect(dependenciesOf(task)).toEqual(["fetch"]);
  });

  it.each<[string, PipelineTask]>([
    ["a parameter", { params: [{ name: "p", value: "$(params.fetch)" }] }],
    ["a status", { params: [{ name: "p", value: "$(tasks.fetch.status)" }] }],
    ["a text that is no reference", { params: [{ name: "p", value: "tasks.fetch.results.commit" }] }],
    ["too many parts", { params: [{ name: "p", value: "$(tasks.fetch.results.a.b.c)" }] }],
    ["a child pipeline's inside", { pipelineSpec: { tasks: [{ name: "x", runAfter: ["fetch"] }] } }],
    ["odd shapes", { runAfter: "fetch", params: [null, { value: 7 }], when: {}, taskSpec: 3 } as never],
  ])("not %s", (_, task) => {
    expect(dependenciesOf(task)).toEqual([]);
  });

  it("takes no long time over a long text that nearly is a reference", () => {
    const value = `$(tasks.a.results.${"x.".repeat(100_000)}`.repeat(5);
    const start = performance.now();
    expect(dependenciesOf({ params: [{ name: "p", value }] })).toEqual([]);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
