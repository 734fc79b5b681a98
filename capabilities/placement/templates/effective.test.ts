import { describe, expect, test } from "@jest/globals";
import type { PipelineSpec, PipelineTask } from "../../demand/pipeline-spec";
import { aTask, known, runOf } from "../../testing/definitions";
import type { PodTemplate } from "../../tekton/objects";
import { podKinds, whoseIs } from "./effective";
import { podsOf } from "./task-pods";

const task = (name: string, more: PipelineTask = {}): PipelineTask => ({
  name,
  taskSpec: aTask({}),
  ...more,
});
const onArch = (arch: string): PodTemplate => ({ nodeSelector: { arch } });
const special = (pipelineTaskName: string, podTemplate: PodTemplate) => ({ pipelineTaskName, podTemplate });
const declaring = (...params: object[]) => ({ taskSpec: { ...aTask({}), params } }) as PipelineTask;

/** Each kind of pod, with whose it is, and the `arch` of its node selector. */
function kinds(
  spec: PipelineSpec,
  more: { taskRunTemplate?: object; taskRunSpecs?: object[]; params?: object[] },
  definitions = known(),
) {
  const run = { ...runOf(spec, more), metadata: { name: "build", namespace: "ci", uid: "u" } };
  return podKinds(run.spec, podsOf(run, definitions)).kinds.map(
    kind => `${whoseIs(kind)}: ${kind.template.nodeSelector?.["arch"] ?? "-"}`,
  );
}
const COMMON = { taskRunTemplate: { podTemplate: onArch("any") } };

describe("templates count that pods will have", () => {
  test.each([
    {
      name: "the run's alone",
      spec: { tasks: [task("a"), task("b")] },
      more: COMMON,
      expected: ["a, b: any"],
    },
    {
      name: "not the run's, where each task has its own",
      spec: { tasks: [task("a")], finally: [task("z")] },
      more: { ...COMMON, taskRunSpecs: [special("a", onArch("amd64")), special("z", onArch("arm64"))] },
      expected: ["a: amd64", "z: arm64"],
    },
    {
      name: "the run's, where one has none",
      spec: { tasks: [task("a"), task("b")] },
      more: { ...COMMON, taskRunSpecs: [special("a", onArch("amd64"))] },
      expected: ["a: amd64", "b: any"],
    },
    {
      name: "of no task that is not there",
      spec: { tasks: [task("a")] },
      more: { ...COMMON, taskRunSpecs: [special("other", onArch("amd64"))] },
      expected: ["a: any"],
    },
    {
      name: "a child's are the run's",
      spec: { tasks: [task("a"), { name: "c", pipelineSpec: { tasks: [task("a")], finally: [task("z")] } }] },
      more: { ...COMMON, taskRunSpecs: [special("a", onArch("amd64")), special("z", onArch("arm64"))] },
      expected: ["a: amd64", "c/a, c/z: any"],
    },
    {
      name: "of a task without pods: an empty matrix",
      spec: { tasks: [task("a"), task("b", { matrix: { params: [{ name: "x", value: [] }] } })] },
      more: { ...COMMON, taskRunSpecs: [special("b", onArch("amd64"))] },
      expected: ["a: any"],
    },
    {
      name: "two entries for one task, one over the other",
      spec: { tasks: [task("a")] },
      more: { taskRunSpecs: [special("a", onArch("amd64")), special("a", { schedulerName: "s" })] },
      expected: ["a: amd64"],
    },
    {
      name: "a task whose definition is not known has its template",
      spec: { tasks: [{ name: "a", taskRef: { resolver: "git" } }] },
      more: { ...COMMON, taskRunSpecs: [special("a", onArch("amd64"))] },
      expected: ["a: amd64"],
    },
    {
      name: "a child that is not known has the run's",
      spec: { tasks: [{ name: "c", pipelineRef: { resolver: "git" } }] },
      more: { ...COMMON, taskRunSpecs: [special("c", onArch("amd64"))] },
      expected: ["c: any"],
    },
  ])("$name", ({ spec, more, expected }) => {
    expect(kinds(spec as PipelineSpec, more)).toEqual(expected);
  });

  test("of a pipeline that is not known, all that there may be", () => {
    const run = {
      spec: { pipelineRef: { resolver: "git" }, ...COMMON, taskRunSpecs: [special("a", onArch("amd64"))] },
    };
    const found = podKinds(run.spec, podsOf(run)).kinds;
    expect(found.map(whoseIs)).toEqual(["other tasks", "a"]);
  });
});

describe("params in templates", () => {
  const byParam = { taskRunTemplate: { podTemplate: onArch("$(params.arch)") } };
  test.each([
    {
      name: "the task's default",
      spec: { tasks: [task("a", declaring({ name: "arch", default: "amd64" }))] },
      expected: ["a: amd64"],
    },
    {
      name: "what the pipeline gives the task",
      spec: {
        params: [{ name: "p", default: "arm64" }],
        tasks: [task("a", { params: [{ name: "arch", value: "$(params.p)" }] })],
      },
      expected: ["a: arm64"],
    },
    {
      name: "not what the run gives the pipeline",
      spec: { params: [{ name: "arch", default: "arm64" }], tasks: [task("a")] },
      expected: ["a: $(params.arch)"],
    },
    {
      name: "one for each pod of a matrix",
      spec: { tasks: [task("a", { matrix: { params: [{ name: "arch", value: ["amd64", "arm64"] }] } })] },
      expected: ["a: amd64", "a: arm64"],
    },
    {
      name: "a matrix of something else",
      spec: {
        tasks: [
          task("a", {
            matrix: { params: [{ name: "os", value: ["linux", "mac"] }] },
            ...declaring({ name: "arch", default: "amd64" }),
          }),
        ],
      },
      expected: ["a: amd64"],
    },
    {
      name: "the run's name, by the task's param",
      spec: { tasks: [task("a", { params: [{ name: "arch", value: "$(context.pipelineRun.name)" }] })] },
      expected: ["a: build"],
    },
    {
      name: "what a child hands on",
      spec: {
        params: [{ name: "p", default: "arm64" }],
        tasks: [
          {
            name: "c",
            params: [{ name: "inner", value: "$(params.p)" }],
            pipelineSpec: {
              params: [{ name: "inner" }],
              tasks: [task("a", { params: [{ name: "arch", value: "$(params.inner)" }] })],
            },
          },
        ],
      },
      expected: ["c/a: arm64"],
    },
  ])("$name", ({ spec, expected }) => {
    expect(kinds(spec as PipelineSpec, byParam)).toEqual(expected);
  });

  test.each([
    { name: "declared nowhere", pipelineTask: task("a"), reference: "params.arch", expected: true },
    {
      name: "in a task that is not known",
      pipelineTask: { name: "a", taskRef: { resolver: "git" } },
      reference: "params.arch",
      expected: false,
    },
    {
      name: "of another kind, in a task that is not known",
      pipelineTask: { name: "a", taskRef: { resolver: "git" } },
      reference: "context.taskRun.name",
      expected: true,
    },
    {
      name: "in a value that comes from a result",
      pipelineTask: task("a", { params: [{ name: "arch", value: "$(tasks.x.results.y)" }] }),
      reference: "params.arch",
      left: "tasks.x.results.y",
      expected: false,
    },
  ])(
    "a reference $name: Tekton leaves it as it is: $expected",
    ({ pipelineTask, reference, left, expected }) => {
      const spec = { taskRunTemplate: { podTemplate: onArch(`$(${reference})`) } };
      const run = runOf(
        { tasks: [pipelineTask, task("x", { params: [{ name: "arch", value: "x" }] })] },
        spec,
      );
      const { kinds: found } = podKinds(run.spec, podsOf(run));
      const kind = found.find(({ tasks }) => tasks[0]!.name === "a");
      expect(kind!.isRaw(left ?? reference)).toBe(expected);
    },
  );
});

test("a run with thousands of templates is looked at in part, and that is known", () => {
  const names = Array.from({ length: 1000 }, (_, index) => `t${index}`);
  const run = runOf(
    { tasks: names.map(name => task(name)) },
    { taskRunSpecs: names.map(name => special(name, onArch(name))) },
  );
  const { kinds: found, areTooMany } = podKinds(run.spec, podsOf(run));
  expect({ count: found.length, areTooMany }).toEqual({ count: 300, areTooMany: true });
});
