import { describe, expect, test } from "@jest/globals";
import { aRun, placeholderOf, placeholderPodOf } from "../testing/builders";
import {
  hasLimits,
  ownContainerIndex,
  requestedBy,
  resizedResources,
  resourcesFor,
} from "./placeholder-size";

describe("resources", () => {
  test.each([
    ["cpu and memory need no limit", { cpu: 500 }, false, { requests: { cpu: "500m" } }],
    [
      "devices and huge pages have one, equal to the request",
      { cpu: 500, "nvidia.com/gpu": 2, "hugepages-2Mi": 2 ** 21 },
      false,
      {
        requests: { cpu: "500m", "nvidia.com/gpu": "2", "hugepages-2Mi": "2Mi" },
        limits: { "nvidia.com/gpu": "2", "hugepages-2Mi": "2Mi" },
      },
    ],
    [
      "ephemeral storage has none",
      { "ephemeral-storage": 1024 },
      false,
      { requests: { "ephemeral-storage": "1Ki" } },
    ],
    [
      "limits lie above requests, so that the pod stays Burstable",
      { cpu: 500, memory: 2 ** 30 },
      true,
      { requests: { cpu: "500m", memory: "1Gi" }, limits: { cpu: "501m", memory: "1025Mi" } },
    ],
    [
      "both; and where nothing is asked for, no limit counts",
      { cpu: 0, memory: 1024, "nvidia.com/gpu": 1 },
      true,
      {
        requests: { cpu: "0", memory: "1Ki", "nvidia.com/gpu": "1" },
        limits: { cpu: "0", memory: "1025Ki", "nvidia.com/gpu": "1" },
      },
    ],
    [
      "storage has one where limits are asked for, or it would be given one",
      { "ephemeral-storage": 1024 },
      true,
      { requests: { "ephemeral-storage": "1Ki" }, limits: { "ephemeral-storage": "1025Ki" } },
    ],
  ])("%s", (_what, requests, limits, expected) => {
    expect(resourcesFor(requests, limits)).toEqual(expected);
  });
});

test("a resize changes cpu and memory, and leaves all else as it is", () => {
  const pod = placeholderPodOf(aRun().held().run, "node-1");
  pod.spec!.containers[0]!.resources = {
    requests: { cpu: "1", memory: "1Gi", "ephemeral-storage": "1Gi" },
    limits: { "ephemeral-storage": "2Gi" },
  };
  const size = { cpu: 500, memory: 2 ** 20, "ephemeral-storage": 7 };
  expect(resizedResources(pod, size, false)).toEqual({
    requests: { cpu: "500m", memory: "1Mi", "ephemeral-storage": "1Gi" },
    limits: { "ephemeral-storage": "2Gi" },
  });
  expect(resizedResources(pod, size, true).limits).toEqual({
    cpu: "501m",
    memory: "2Mi",
    "ephemeral-storage": "2Gi",
  });
});

test("a container that a mesh or a policy has put first is not taken for the placeholder's own", () => {
  const mesh = { name: "mesh", resources: { requests: { cpu: "9" }, limits: { cpu: "9" } } };
  const pod = placeholderPodOf(aRun().held().run, "node-1", undefined, { cpu: 500, memory: 1024 });
  pod.spec!.containers.unshift(mesh);
  expect(ownContainerIndex(pod.spec)).toBe(1);
  expect(requestedBy(pod.spec!)).toEqual({ cpu: 500, memory: 1024 });
  expect(resizedResources(pod, { cpu: 10, memory: 1024 }, false).limits).toBeUndefined();
  const statefulSet = placeholderOf(aRun().held().run);
  statefulSet.spec!.template.spec!.containers.unshift(mesh);
  expect(hasLimits(statefulSet)).toBe(false);
});
