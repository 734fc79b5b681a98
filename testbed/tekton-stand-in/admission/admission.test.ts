/** Tables for what the webhooks answer. */
import { describe, expect, test } from "@jest/globals";
import type { PipelineRun } from "../types";
import { convert, defaulted, type Convertible } from "./convert";
import { refusal } from "./validate";

const step = (resources: string): object => ({ name: "s", [resources]: { requests: { cpu: "1" } } });
const older: Convertible = {
  apiVersion: "tekton.dev/v1beta1",
  kind: "PipelineRun",
  spec: {
    serviceAccountName: "builder",
    podTemplate: { hostNetwork: true },
    timeout: "5m",
    taskRunSpecs: [{ pipelineTaskName: "a", taskPodTemplate: {}, stepOverrides: [step("resources")] }],
    pipelineSpec: {
      tasks: [{ name: "a", taskSpec: { steps: [step("resources")], sidecars: [step("resources")] } }],
    },
  },
};
const newer: Convertible = {
  apiVersion: "tekton.dev/v1",
  kind: "PipelineRun",
  spec: {
    taskRunTemplate: { serviceAccountName: "builder", podTemplate: { hostNetwork: true } },
    timeouts: { pipeline: "5m" },
    taskRunSpecs: [{ pipelineTaskName: "a", podTemplate: {}, stepSpecs: [step("computeResources")] }],
    pipelineSpec: {
      tasks: [
        { name: "a", taskSpec: { steps: [step("computeResources")], sidecars: [step("computeResources")] } },
      ],
    },
  },
  status: {},
};

describe("conversion", () => {
  test("renames what has another name in v1", () => {
    expect(convert(older, "tekton.dev/v1")).toEqual(newer);
  });

  test("and back is the same, but for the timeout, which has one form in both then", () => {
    const { timeout, ...spec } = older.spec!;
    const expected = { ...older, status: {}, spec: { ...spec, timeouts: { pipeline: timeout } } };
    expect(convert(newer, "tekton.dev/v1beta1")).toEqual(expected);
  });

  test("loses what v1beta1 does not know, as Tekton's does", () => {
    const tasks = [{ name: "a", pipelineRef: { name: "p" } }];
    const run = { ...newer, spec: { managedBy: "x", pipelineSpec: { tasks } } };
    const seen = convert(run, "tekton.dev/v1beta1");
    expect(seen.spec).toEqual({ pipelineSpec: { tasks: [{ name: "a" }] } });
  });

  test("is refused for other kinds", () => {
    expect(() => convert({ ...newer, kind: "CustomRun" }, "tekton.dev/v1beta1")).toThrow(
      "no conversion of CustomRun",
    );
  });
});

describe("defaults", () => {
  test.each(["tekton.dev/v1", "tekton.dev/v1beta1"])(
    "are applied to %s in its own form, and only once",
    apiVersion => {
      const once = defaulted({ apiVersion, kind: "PipelineRun", spec: { pipelineRef: { name: "p" } } });
      expect(once.spec).toMatchObject({ timeouts: { pipeline: "1h0m0s" } });
      expect(defaulted(once)).toEqual(once);
      const account = { serviceAccountName: "default" };
      expect(once.spec).toMatchObject(apiVersion.endsWith("/v1") ? { taskRunTemplate: account } : account);
    },
  );

  test("say what type a parameter has", () => {
    const params = [{ name: "a" }, { name: "b", default: ["x"] }, { name: "c", default: { k: "v" } }];
    const task = defaulted({ apiVersion: "tekton.dev/v1", kind: "Task", spec: { params } });
    expect(task.spec).toMatchObject({ params: [{ type: "string" }, { type: "array" }, { type: "object" }] });
  });
});

describe("validation", () => {
  const run = (spec: object, status?: object): PipelineRun =>
    ({
      kind: "PipelineRun",
      spec: { pipelineRef: { name: "p" }, ...spec },
      status,
    }) as unknown as PipelineRun;
  const done = { startTime: "x", conditions: [{ type: "Succeeded", status: "True" }] };

  test.each([
    ["nothing to run", { pipelineRef: undefined }, "got neither"],
    ["two things to run", { pipelineSpec: {} }, "got both"],
    ["a status that is not one", { status: "Paused" }, "Paused should be one of"],
    [
      "tasks that have more time than the pipeline",
      { timeouts: { pipeline: "1m", tasks: "2m" } },
      "<= pipeline duration",
    ],
  ])("refuses a run with %s", (_what, spec, words) => {
    expect(refusal(run(spec))).toContain(words);
  });

  test.each([
    [
      "pending after its start",
      {},
      { startTime: "x" },
      { status: "PipelineRunPending" },
      "cannot be Pending",
    ],
    [
      "changed while pending",
      { status: "PipelineRunPending" },
      undefined,
      { status: "PipelineRunPending", params: [] },
      "only status updates",
    ],
    ["changed after its end", {}, done, { status: "Cancelled" }, "no updates are allowed"],
    ["given to another controller", {}, undefined, { managedBy: "x" }, "managedBy is immutable"],
  ])("refuses a run that is %s", (_what, before, status, after, words) => {
    expect(refusal(run(after, status), run(before, status))).toContain(words);
  });

  test("lets a pending run go, and a running one be cancelled", () => {
    expect(refusal(run({}), run({ status: "PipelineRunPending" }))).toBeUndefined();
    const started = { startTime: "x" };
    expect(refusal(run({ status: "Cancelled" }, started), run({}, started))).toBeUndefined();
  });
});
