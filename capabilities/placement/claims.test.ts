import { describe, expect, test } from "@jest/globals";
import { aRun } from "../testing/builders";
import { known, runOf } from "../testing/definitions";
import type { PipelineSpec } from "../demand/pipeline-spec";
import type { PipelineRun } from "../tekton/objects";
import { claimsOf } from "./claims";
import { podsOf } from "./pod-templates";

const volume = (claimName: string) => ({ name: `for-${claimName}`, persistentVolumeClaim: { claimName } });
const workspaces = (...items: object[]): PipelineRun => aRun().spec({ workspaces: items as never }).run;
const template = (...volumes: object[]) => ({ podTemplate: { volumes: volumes as never } });
const task = (name: string, taskSpec: object, more: object = {}) => ({ name, taskSpec, ...more });
const uses = (...names: string[]) => ({ workspaces: names.map(name => ({ name })) });
const namedRun = (spec: PipelineSpec, more: object): PipelineRun => ({
  ...runOf(spec, more),
  metadata: { name: "run" },
});
const ofTasks = (tasks: object[], more: object = {}) => runOf({ tasks } as PipelineSpec, more);

describe("claims of workspaces count that pods of the run use", () => {
  const child = (...names: string[]) => ({
    name: "in",
    pipelineSpec: { tasks: [task("a", {}, uses(...names))] },
  });
  test.each<{ name: string; tasks: object[]; expected: string[] }>([
    { name: "none", tasks: [task("a", {})], expected: [] },
    { name: "by its own name", tasks: [task("a", {}, uses("one"))], expected: ["one"] },
    {
      name: "by the task's name for it",
      tasks: [task("a", {}, { workspaces: [{ name: "source", workspace: "two" }] })],
      expected: ["two"],
    },
    {
      name: "by a text of an embedded task, as Tekton hands those on",
      tasks: [task("a", { steps: [{ script: "ls $(workspaces.one.path)" }] })],
      expected: ["one"],
    },
    {
      name: "not by a task that its when rules out",
      tasks: [
        task("a", {}, uses("one")),
        task("b", {}, { ...uses("two"), when: [{ input: "x", operator: "in", values: ["y"] }] }),
      ],
      expected: ["one"],
    },
    {
      name: "by a task of a resolver",
      tasks: [{ name: "a", taskRef: { resolver: "git" }, ...uses("one") }],
      expected: ["one"],
    },
    {
      name: "by a pipeline in the pipeline",
      tasks: [{ ...child("inner", "two"), workspaces: [{ name: "inner", workspace: "one" }] }],
      expected: ["one", "two"],
    },
    {
      name: "by one that a resolver brings",
      tasks: [
        { name: "in", pipelineRef: { resolver: "git" }, workspaces: [{ name: "x", workspace: "two" }] },
      ],
      expected: ["two"],
    },
    {
      name: "under finally",
      tasks: [],
      expected: ["one"],
    },
  ])("$name", ({ name, tasks, expected }) => {
    const items = ["one", "two"].map(each => ({ ...volume(each), name: each }));
    const final = name === "under finally" ? [task("z", {}, uses("one"))] : [];
    const run = runOf({ tasks, finally: final } as PipelineSpec, { workspaces: items });
    const found = claimsOf(run, { pods: podsOf(run, known()) });
    expect(found.names).toEqual(expected);
  });

  test("and all of them, where the pipeline is not known", () => {
    const run = runOf(undefined as never, {
      pipelineRef: { resolver: "git" },
      workspaces: [volume("one"), volume("two")],
    });
    expect(claimsOf(run, { pods: podsOf(run, known()) }).names).toEqual(["one", "two"]);
  });

  test("those that are made for the run as well", () => {
    const made = (name: string) => ({ name, volumeClaimTemplate: { spec: { storageClassName: name } } });
    const run = ofTasks([task("a", {}, uses("one"))], { workspaces: [made("one"), made("two")] });
    const classes = claimsOf(run, { pods: podsOf(run, known()) }).templates.map(one => one.storageClassName);
    expect(classes).toEqual(["one"]);
  });
});

describe("names of claims", () => {
  test.each<{ name: string; run: PipelineRun; tasks?: Record<string, object>; expected: string[] }>([
    {
      name: "of workspaces, each once, whatever else they are bound to",
      run: workspaces(
        volume("a"),
        volume("a"),
        { name: "n" },
        { ...volume("b"), subPath: "work" },
        {
          name: "keys",
          projected: { sources: [{ secret: { name: "s" } }] },
        },
      ),
      expected: ["a", "b"],
    },
    {
      name: "of workspaces, with the run's parameters put in",
      run: ofTasks([task("one", {}, uses("for-cache-$(params.team)"))], {
        workspaces: [volume("cache-$(params.team)")],
        params: [{ name: "team", value: "red" }],
      }),
      expected: ["cache-red"],
    },
    {
      // Recorded: the pod waits for a claim that is named so.
      name: "of workspaces, without the Pipeline's defaults",
      run: runOf(
        {
          params: [{ name: "team", default: "red" }],
          tasks: [task("one", {}, uses("for-cache-$(params.team)"))],
        } as PipelineSpec,
        { workspaces: [volume("cache-$(params.team)")] },
      ),
      expected: ["cache-$(params.team)"],
    },
    {
      // Recorded: claim-by-default.
      name: "of workspaces, with what a task that uses it has for a param that the run has not",
      run: ofTasks(
        [
          task("default", { params: [{ name: "team", default: "red" }] }, uses("for-$(params.team)")),
          task(
            "given",
            { params: [{ name: "team" }] },
            { ...uses("for-$(params.team)"), params: [{ name: "team", value: "blue" }] },
          ),
          task("none", {}, uses("for-$(params.team)")),
          task("other", { params: [{ name: "team", default: "never" }] }),
        ],
        { workspaces: [volume("$(params.team)")] },
      ),
      expected: ["red", "blue", "$(params.team)"],
    },
    {
      name: "of the pod templates that pods have",
      run: ofTasks([task("one", {}), task("two", {})], {
        taskRunTemplate: template(volume("all")),
        taskRunSpecs: [
          { pipelineTaskName: "two", ...template(volume("own")) },
          { pipelineTaskName: "none", ...template(volume("never")) },
        ],
      }),
      expected: ["all", "own"],
    },
    {
      name: "of pod templates, with the task's params put in, and never the run's",
      run: ofTasks(
        [
          task(
            "one",
            { params: [{ name: "shard" }] },
            { matrix: { params: [{ name: "shard", value: ["1", "2"] }] } },
          ),
        ],
        {
          params: [{ name: "team", value: "red" }],
          taskRunTemplate: template(
            { ...volume("s-$(params.shard)"), name: "s" },
            { ...volume("t-$(params.team)"), name: "t" },
          ),
        },
      ),
      expected: ["s-1", "t-$(params.team)", "s-2"],
    },
    {
      name: "of a Task's own volumes, its params and their defaults put in",
      run: ofTasks([
        task("fixed", { volumes: [volume("fixed"), { name: "tmp", emptyDir: {} }] }),
        task("default", { params: [{ name: "c", default: "by-default" }], volumes: [volume("$(params.c)")] }),
        task(
          "given",
          { params: [{ name: "c" }], volumes: [volume("$(params.c)")] },
          { params: [{ name: "c", value: "given" }] },
        ),
      ]),
      expected: ["fixed", "by-default", "given"],
    },
    {
      // Recorded: task-volumes.
      name: "of an embedded task's own volumes, its pipeline's params put in before its defaults",
      run: namedRun(
        {
          params: [{ name: "team" }, { name: "tail", default: "of-$(params.team)" }],
          tasks: [
            task("run", { volumes: [volume("a-$(params.team)")] }),
            task("default", { volumes: [volume("b-$(params.tail)")] }),
            task("context", { volumes: [volume("c-$(context.pipelineRun.name)")] }),
            task("both", {
              params: [{ name: "team", default: "blue" }],
              volumes: [volume("d-$(params.team)")],
            }),
            task(
              "own",
              { params: [{ name: "team" }], volumes: [volume("e-$(params.team)-$(params.tail)")] },
              { params: [{ name: "team", value: "green" }] },
            ),
            { name: "ref", taskRef: { name: "t" } },
          ],
        } as PipelineSpec,
        { params: [{ name: "team", value: "red" }] },
      ),
      tasks: { t: { volumes: [volume("f-$(params.team)")] } },
      expected: ["a-red", "b-of-red", "c-run", "d-red", "e-green-of-red", "f-$(params.team)"],
    },
    {
      name: "of an embedded task's own volumes in a pipeline in the pipeline, which is given its params",
      run: ofTasks(
        [
          {
            name: "in",
            params: [{ name: "team", value: "in-$(params.team)" }],
            pipelineSpec: {
              params: [{ name: "team" }],
              tasks: [task("a", { volumes: [volume("$(params.team)"), volume("$(params.other)")] })],
            },
          },
        ],
        {
          params: [
            { name: "team", value: "red" },
            { name: "other", value: "x" },
          ],
        },
      ),
      expected: ["in-red", "$(params.other)"],
    },
    {
      name: "of a Task's own volumes, but not where they are a workspace's",
      run: ofTasks([task("one", { volumes: [volume("$(workspaces.w.claim)")] })]),
      expected: [],
    },
  ])("$name", ({ run, tasks = {}, expected }) => {
    expect(claimsOf(run, { pods: podsOf(run, known({}, tasks)) }).names).toEqual(expected);
  });

  test("of a Task that is named", () => {
    const run = ofTasks([{ name: "a", taskRef: { name: "t" } }]);
    const definitions = known({}, { t: { volumes: [volume("c")] } as object });
    expect(claimsOf(run, { pods: podsOf(run, definitions) }).names).toEqual(["c"]);
  });

  test.each([[null], ["x"], [[1]], [[{ name: "w", persistentVolumeClaim: "x" }]]])(
    "are none in workspaces of another shape: %j",
    items => {
      expect(claimsOf(aRun().spec({ workspaces: items as never }).run).names).toEqual([]);
    },
  );

  test("are bounded", () => {
    const many = Array.from({ length: 500 }, (_, index) => volume(`c${index}`));
    const { names, most } = claimsOf(workspaces(...many));
    expect({ count: names.length, most }).toEqual({ count: 100, most: 100 });
  });
});

test("claims that are made for the run name their classes", () => {
  const made = { spec: { storageClassName: "fast" } };
  const run = ofTasks(
    [
      task(
        "one",
        { volumes: [{ name: "scratch", ephemeral: { volumeClaimTemplate: { spec: {} } } }] },
        uses("w"),
      ),
    ],
    {
      workspaces: [{ name: "w", volumeClaimTemplate: made }],
      taskRunTemplate: template({ name: "tmp", ephemeral: { volumeClaimTemplate: made } }),
    },
  );
  expect(claimsOf(run, { pods: podsOf(run, known()) }).templates).toEqual([
    { what: "the volumeClaimTemplate of workspace w", storageClassName: "fast" },
    { what: "the ephemeral volume tmp", storageClassName: "fast" },
    { what: "the ephemeral volume scratch", storageClassName: undefined },
  ]);
});
