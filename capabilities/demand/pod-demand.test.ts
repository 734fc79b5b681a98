import { describe, expect, it } from "@jest/globals";
import type { V1LimitRange, V1LimitRangeItem } from "@kubernetes/client-node";
import { containerDefaultsFrom } from "./container-defaults";
import { limitRangeRules } from "./limit-ranges";
import type { Requirements, TaskContainer, TaskRunOverrides, TaskSpec } from "./pipeline-spec";
import { podDemand } from "./pod-demand";
import { toQuantities } from "./resources";

const limitRange = (...limits: Partial<V1LimitRangeItem & { default: object }>[]): V1LimitRange =>
  ({ spec: { limits: limits.map(item => ({ type: "Container", ...item })) } }) as V1LimitRange;
const step = (computeResources?: Requirements, name = "s"): TaskContainer => ({ name, computeResources });
const asks = (cpu: string, name?: string) => step({ requests: { cpu } }, name);
const limited = (cpu: string) => step({ limits: { cpu } });

function demand(task: TaskSpec, overrides?: TaskRunOverrides, ranges: V1LimitRange[] = []) {
  return toQuantities(podDemand(task, overrides, { limitRanges: limitRangeRules(ranges) }).requests);
}

describe("what a pod asks for", () => {
  it.each<[string, TaskSpec, Record<string, string>]>([
    ["nothing", { steps: [{}] }, {}],
    ["steps together", { steps: [asks("300m"), asks("700m")] }, { cpu: "1" }],
    ["sidecars too", { steps: [asks("1")], sidecars: [asks("500m")] }, { cpu: "1500m" }],
    ["v1beta1's field", { steps: [{ resources: { requests: { cpu: "300m" } } }] }, { cpu: "300m" }],
    ["a limit without a request", { steps: [limited("2"), asks("1")] }, { cpu: "3" }],
    [
      "a request before its limit",
      { steps: [step({ limits: { cpu: "2" }, requests: { cpu: "1" } })] },
      { cpu: "1" },
    ],
    ["the template for each step", { stepTemplate: asks("1"), steps: [{}, {}] }, { cpu: "2" }],
    [
      "a step before the template, resource by resource",
      {
        stepTemplate: step({ requests: { cpu: "1", memory: "1Gi" } }),
        steps: [asks("3"), {}],
        sidecars: [{}],
      },
      { cpu: "4", memory: "2Gi" },
    ],
    [
      "v1beta1's template",
      { stepTemplate: { resources: { requests: { cpu: "1" } } }, steps: [{}] },
      { cpu: "1" },
    ],
    [
      "devices, storage and huge pages like anything else",
      {
        steps: [
          step({
            limits: { "nvidia.com/gpu": 1, "hugepages-2Mi": "4Mi" },
            requests: { "ephemeral-storage": "2Gi" },
          }),
          step({ limits: { "nvidia.com/gpu": 1 } }),
        ],
      },
      { "nvidia.com/gpu": "2", "hugepages-2Mi": "4Mi", "ephemeral-storage": "2Gi" },
    ],
  ])("counts %s", (_, task, expected) => {
    expect(demand(task)).toEqual(expected);
  });
});

describe("the run's own settings for a task", () => {
  const two: TaskSpec = { steps: [asks("1", "one"), asks("1", "two")], sidecars: [asks("1", "db")] };

  it.each<[string, TaskRunOverrides, Record<string, string>]>([
    ["a step's", { stepSpecs: [asks("3", "two")] }, { cpu: "5" }],
    ["a sidecar's", { sidecarSpecs: [asks("3", "db")] }, { cpu: "5" }],
    [
      "a step's in v1beta1",
      { stepOverrides: [{ name: "one", resources: { requests: { cpu: "3" } } }] },
      { cpu: "5" },
    ],
    [
      "a sidecar's in v1beta1",
      { sidecarOverrides: [{ name: "db", resources: { requests: { cpu: "3" } } }] },
      { cpu: "5" },
    ],
    ["of a step that is not there", { stepSpecs: [asks("3", "three")] }, { cpu: "3" }],
    [
      "another resource of a step",
      { stepSpecs: [step({ requests: { memory: "1Gi" } }, "one")] },
      { cpu: "3", memory: "1Gi" },
    ],
    [
      "task-level requests, in place of the steps' own",
      { computeResources: { requests: { cpu: "500m" } } },
      { cpu: "1500m" },
    ],
    [
      "task-level requests, rounded down for each step",
      { computeResources: { requests: { cpu: "999m" } } },
      { cpu: "1998m" },
    ],
    [
      "task-level limits where steps have requests: whole on each",
      { computeResources: { limits: { cpu: "2" } } },
      { cpu: "5" },
    ],
    ["task-level, empty", { computeResources: {} }, { cpu: "3" }],
  ])("counts %s", (_, overrides, expected) => {
    expect(demand(two, overrides)).toEqual(expected);
  });

  it("divides task-level limits where nobody has requests", () => {
    expect(
      demand({ steps: [{}, {}] }, { computeResources: { limits: { cpu: "2", memory: "1Gi" } } }),
    ).toEqual({
      cpu: "2",
      memory: "1Gi",
    });
  });

  it("takes empty requests for none: Go writes no empty map", () => {
    const empty = { computeResources: { requests: {} } };
    const limits = { computeResources: { requests: {}, limits: { cpu: "2" } } };
    expect(demand({ steps: [empty, empty] }, limits)).toEqual({ cpu: "2" });
  });

  it("takes a task-level limit whole for each step where the task-level requests leave it out", () => {
    const computeResources = { requests: { memory: "1Gi" }, limits: { cpu: "2" } };
    expect(demand({ steps: [{}, {}] }, { computeResources })).toEqual({ cpu: "4", memory: "1Gi" });
  });
});

describe("the sidecar that reads results, where Tekton adds one", () => {
  const ranges = limitRangeRules([limitRange({ defaultRequest: { cpu: "300m" } })]);
  const asked = (task: TaskSpec, more: object = {}) =>
    toQuantities(
      podDemand(task, undefined, { limitRanges: ranges, resultsBySidecar: true, ...more }).requests,
    );

  it("counts beside the steps of a task with results", () => {
    expect(asked({ steps: [asks("1")], results: [{}] })).toEqual({ cpu: "1300m" });
  });
  it("is not there without results, nor where it is not switched on", () => {
    expect(asked({ steps: [asks("1")], results: [] })).toEqual({ cpu: "1" });
    expect(asked({ steps: [asks("1")], results: [{}] }, { resultsBySidecar: undefined })).toEqual({
      cpu: "1",
    });
  });
  it("is given by name what Tekton's defaults have for it", () => {
    const containerDefaults = containerDefaultsFrom({
      "sidecar-tekton-log-results": { requests: { cpu: "50m" } },
    });
    expect(asked({ steps: [asks("1")], results: [{}] }, { containerDefaults })).toEqual({ cpu: "1050m" });
  });
});

describe("LimitRanges", () => {
  it.each<[string, TaskSpec, V1LimitRange[], Record<string, string>]>([
    [
      "a default request, divided among the steps",
      { steps: [{}, {}] },
      [limitRange({ defaultRequest: { cpu: "1" } })],
      { cpu: "1" },
    ],
    [
      "a default request, whole for Tekton's init containers",
      { steps: [asks("100m")] },
      [limitRange({ defaultRequest: { cpu: "1" } })],
      { cpu: "1" },
    ],
    [
      "a default request, whole for a sidecar",
      { steps: [{}, {}], sidecars: [{}] },
      [limitRange({ defaultRequest: { cpu: "1" } })],
      { cpu: "2" },
    ],
    [
      "a minimum, for each step",
      { steps: [{}, {}, {}] },
      [limitRange({ min: { cpu: "500m" } })],
      { cpu: "1500m" },
    ],
    [
      "a default limit as default request",
      { steps: [{}, {}] },
      [limitRange({ default: { memory: "1Gi" } })],
      { memory: "1Gi" },
    ],
    [
      "a default limit as the client names it",
      { steps: [{}] },
      [limitRange({ _default: { memory: "1Gi" } })],
      { memory: "1Gi" },
    ],
    ["a maximum as default limit", { steps: [{}] }, [limitRange({ max: { cpu: "2" } })], { cpu: "2" }],
    [
      "a step's own request before the default",
      { steps: [asks("3"), {}] },
      [limitRange({ defaultRequest: { cpu: "1" } })],
      { cpu: "3500m" },
    ],
    [
      "Tekton's default before a step's limit",
      { steps: [limited("4"), {}] },
      [limitRange({ defaultRequest: { cpu: "1" } })],
      { cpu: "1" },
    ],
    [
      "a sidecar's limit before the default",
      { steps: [asks("1")], sidecars: [limited("4")] },
      [limitRange({ defaultRequest: { cpu: "1" } })],
      { cpu: "5" },
    ],
    [
      "a request of zero of a step as none",
      { steps: [asks("0")] },
      [limitRange({ defaultRequest: { cpu: "1" } })],
      { cpu: "1" },
    ],
    [
      "a default that Tekton does not look at, whole for each",
      { steps: [{}, {}] },
      [limitRange({ defaultRequest: { "example.com/slot": "1" } })],
      { "example.com/slot": "2" },
    ],
    [
      "not those of pods or claims",
      { steps: [{}] },
      [
        limitRange(
          { type: "Pod", min: { cpu: "1" } },
          { type: "PersistentVolumeClaim", min: { storage: "1Gi" } },
        ),
      ],
      {},
    ],
    [
      "of several the smallest default for steps",
      { steps: [{}, {}, {}, {}] },
      [limitRange({ defaultRequest: { cpu: "2" } }), limitRange({ defaultRequest: { cpu: "4" } })],
      { cpu: "2" },
    ],
    [
      "of several the first default for other containers",
      { steps: [asks("1")], sidecars: [{}] },
      [limitRange({ defaultRequest: { cpu: "2" } }), limitRange({ defaultRequest: { cpu: "1" } })],
      { cpu: "3" },
    ],
    [
      "of several the largest minimum",
      { steps: [{}, {}] },
      [limitRange({ min: { cpu: "100m" } }), limitRange({ min: { cpu: "1" } })],
      { cpu: "2" },
    ],
  ])("counts %s", (_, task, ranges, expected) => {
    expect(demand(task, undefined, ranges)).toEqual(expected);
  });
});

describe("odd shapes", () => {
  it.each<unknown>([
    { steps: "x", sidecars: 3, stepTemplate: [] },
    { steps: [null, "x", [], { computeResources: "x" }, { computeResources: { requests: [] } }] },
    {},
  ])("ask for nothing: %j", task => {
    expect(demand(task as TaskSpec, "x" as TaskRunOverrides)).toEqual({});
  });
});
