import type { V1LimitRange } from "@kubernetes/client-node";
import { describe, expect, it } from "@jest/globals";
import { limitRangeRules } from "./limit-ranges";
import type { Requirements, TaskSpec } from "./pipeline-spec";
import { podDemand } from "./pod-demand";

const rangeOf = (item: object, type = "Container"): V1LimitRange =>
  ({ spec: { limits: [{ type, ...item }] } }) as V1LimitRange;
const steps = (...all: Requirements[]): TaskSpec => ({
  steps: all.map(computeResources => ({ computeResources })),
});

describe("a pod that Kubernetes refuses", () => {
  it.each<{ name: string; task: TaskSpec; range?: V1LimitRange; expected: RegExp | undefined }>([
    { name: "not one without LimitRanges", task: steps({ requests: { cpu: "1" } }), expected: undefined },
    {
      name: "a request above its limit",
      task: steps({ requests: { cpu: "2" }, limits: { cpu: "1" } }),
      expected: /asks for cpu 2, more than its limit of 1/,
    },
    {
      name: "a device without the limit",
      task: steps({ requests: { "example.com/device": 1 } }),
      expected: /asks for example.com\/device 1, which is not its limit/,
    },
    {
      name: "not a device by its limit",
      task: steps({ limits: { "example.com/device": 1 } }),
      expected: undefined,
    },
    {
      name: "less than min",
      task: steps({ requests: { cpu: "100m" } }),
      range: rangeOf({ min: { cpu: "300m" } }),
      expected: /min of cpu for a container is 300m, and 100m is asked for/,
    },
    {
      name: "not min itself",
      task: steps({}),
      range: rangeOf({ min: { cpu: "300m" } }),
      expected: undefined,
    },
    {
      name: "more than max",
      task: steps({ limits: { memory: "2Gi" } }),
      range: rangeOf({ max: { memory: "1Gi" } }),
      expected: /max of memory for a container is 1Gi, and 2Gi is asked for/,
    },
    {
      name: "a limit too far above its request",
      task: steps({ requests: { cpu: "1" }, limits: { cpu: "3" } }),
      range: rangeOf({
        maxLimitRequestRatio: { cpu: "2.5" },
        defaultRequest: { cpu: "1" },
        default: { cpu: "1" },
      }),
      expected: /maxLimitRequestRatio of cpu for a container is 2.5: limit 3, request 1/,
    },
    {
      name: "containers that are too much together",
      task: steps({ limits: { cpu: "1" } }, { limits: { cpu: "1" } }),
      range: rangeOf({ max: { cpu: "1500m" } }, "Pod"),
      expected: /max of cpu for a pod is 1500m, and 2 is asked for/,
    },
    {
      name: "a pod without the limit that its max asks for",
      task: steps({ requests: { cpu: "1" } }),
      range: rangeOf({ max: { cpu: "2" } }, "Pod"),
      expected: /max of cpu for a pod, and there is no limit/,
    },
  ])("$name", ({ task, range, expected }) => {
    const limitRanges = limitRangeRules(range ? [range] : []);
    const { refusal } = podDemand(task, undefined, { limitRanges });
    if (expected === undefined) expect(refusal).toBeUndefined();
    else expect(refusal).toMatch(expected);
  });
});

describe("a quota that demands requests of each container", () => {
  const demanded = [{ of: "requests" as const, resource: "cpu", source: "ResourceQuota q" }];
  const refusal = (task: TaskSpec, ...ranges: V1LimitRange[]) =>
    podDemand(task, undefined, { limitRanges: limitRangeRules(ranges), demanded }).refusal;

  it("refuses a pod by the container that Tekton adds to it", () => {
    expect(refusal(steps({ requests: { cpu: "1" } }))).toBe(
      "ResourceQuota q demands requests of cpu of each container, and one has none",
    );
  });
  it("takes it where a LimitRange gives that one some", () => {
    const range = rangeOf({ defaultRequest: { cpu: "10m" } });
    expect(refusal(steps({ requests: { cpu: "1" } }), range)).toBeUndefined();
  });
});
