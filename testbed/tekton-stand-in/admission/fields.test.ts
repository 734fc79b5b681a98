import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { parseObjects } from "../../manifests";
import { v1 } from "../keys";
import { answers, type Review } from "../webhooks/answers";
import { convert, type Convertible } from "./convert";
import { unknownField } from "./fields";

const steps = [{ name: "s", image: "busybox" }];
const metadata = { annotations: { a: "b" } };
const inPipeline = (task: object): object => ({ pipelineSpec: { tasks: [{ name: "a", ...task }] } });

test.each<{ name: string; kind: string; spec: object; expected: string | undefined }>([
  {
    name: "the metadata of a task in a pipeline",
    kind: "PipelineRun",
    spec: inPipeline({ taskSpec: { metadata, steps } }),
    expected: undefined,
  },
  {
    name: "the same in a TaskRun",
    kind: "TaskRun",
    spec: { taskSpec: { metadata, steps } },
    expected: "spec.taskSpec.metadata",
  },
  { name: "and in a Task", kind: "Task", spec: { metadata, steps }, expected: "spec.metadata" },
  {
    name: "resources of a step under their name of v1beta1",
    kind: "Task",
    spec: { steps: [...steps, { name: "t", resources: {} }] },
    expected: "spec.steps[1].resources",
  },
  {
    name: "resources of a pipeline task",
    kind: "PipelineRun",
    spec: inPipeline({ computeResources: {} }),
    expected: "spec.pipelineSpec.tasks[0].computeResources",
  },
  {
    name: "a task in a pipeline in a pipeline",
    kind: "Pipeline",
    spec: { tasks: [{ name: "a", ...inPipeline({ taskSpec: { steps, image: "x" } }) }] },
    expected: "spec.tasks[0].pipelineSpec.tasks[0].taskSpec.image",
  },
  {
    name: "a field of a pod in a pod template",
    kind: "TaskRun",
    spec: { podTemplate: { containers: [] } },
    expected: "spec.podTemplate.containers",
  },
  {
    name: "what is Kubernetes' own is not looked into",
    kind: "TaskRun",
    spec: { podTemplate: { affinity: { anything: 1 } } },
    expected: undefined,
  },
  {
    name: "a field with the name of what every object has",
    kind: "PipelineRun",
    spec: { constructor: {} },
    expected: "spec.constructor",
  },
  { name: "no spec at all", kind: "PipelineRun", spec: null as unknown as object, expected: undefined },
])("$name", ({ kind, spec, expected }) => {
  expect(unknownField({ kind, spec: spec as Record<string, unknown> })).toBe(expected);
});

test("the webhook refuses it in Tekton's words", () => {
  const object = { apiVersion: v1, kind: "TaskRun", spec: { taskSpec: { metadata, steps } } };
  const request = { uid: "u", operation: "CREATE", object, oldObject: null };
  const { response } = answers["/defaulting"]!({ request } as unknown as Review);
  expect(response).toMatchObject({
    allowed: false,
    status: {
      message: expect.stringContaining('cannot decode incoming new object: json: unknown field "metadata"'),
    },
  });
});

const CHECKOUT = join(__dirname, "..", "..", "..");
const FILES = ["examples", "testbed/tekton-stand-in/recordings"].flatMap(directory =>
  readdirSync(join(CHECKOUT, directory))
    .filter(name => name.endsWith(".yaml"))
    .map(name => join(directory, name)),
);

describe("Tekton knows every field of", () => {
  test.each(FILES)("%s", file => {
    const objects = parseObjects(readFileSync(join(CHECKOUT, file), "utf8")) as Convertible[];
    const ours = objects.filter(
      ({ apiVersion, kind }) => apiVersion.startsWith("tekton.dev/") && kind !== "CustomRun",
    );
    expect(ours.map(object => unknownField(convert(object, v1)))).toEqual(ours.map(() => undefined));
  });
});
