import { describe, expect, test } from "@jest/globals";
import type { V1Container, V1PodSpec } from "@kubernetes/client-node";
import { podRequests, uncountableWarning } from "./pod-requests";

const container = (cpu: string, more: Partial<V1Container> = {}): V1Container => ({
  name: "c",
  resources: { requests: { cpu } },
  ...more,
});
const sidecar = (cpu: string) => container(cpu, { restartPolicy: "Always" });

describe("what a pod asks for", () => {
  test.each<[string, Partial<V1PodSpec>, number]>([
    ["its containers together", { containers: [container("1"), container("500m")] }, 1500],
    ["an init container, where that is more", { initContainers: [container("3")] }, 3000],
    ["its containers, where they are more", { initContainers: [container("500m")] }, 1000],
    ["the largest init container, not all", { initContainers: [container("2"), container("3")] }, 3000],
    ["containers beside sidecars", { initContainers: [sidecar("2")] }, 3000],
    ["an init container beside sidecars before it", { initContainers: [sidecar("2"), container("3")] }, 5000],
    ["and not beside those after it", { initContainers: [container("4"), sidecar("2")] }, 4000],
    ["the overhead of its runtime class", { overhead: { cpu: "250m" } }, 1250],
    [
      "the overhead of an init container's pod, too",
      { initContainers: [container("3")], overhead: { cpu: "1" } },
      4000,
    ],
  ])("%s", (_what, spec, cpu) => {
    expect(podRequests({ spec: { containers: [container("1")], ...spec } })).toEqual({ cpu });
  });

  test("each resource for itself", () => {
    const starting = { name: "i", resources: { requests: { memory: "1Gi" } } };
    expect(podRequests({ spec: { containers: [container("1")], initContainers: [starting] } })).toEqual({
      cpu: 1000,
      memory: 2 ** 30,
    });
  });

  test("the most that can be counted, of more; people are told the pod, the field and the value", () => {
    const huge = { name: "i", resources: { requests: { cpu: "1", memory: "9Ei" } } };
    const pod = { metadata: { name: "build-a-pod" }, spec: { containers: [container("1"), huge] } };
    expect(podRequests(pod)).toEqual({ cpu: 2000, memory: Number.MAX_SAFE_INTEGER });
    const warning = uncountableWarning([{ spec: { containers: [container("1")] } }, pod]);
    expect(warning).toMatchObject({ reason: "TooMuchRequested" });
    expect(warning!.message).toContain("The pod build-a-pod asks for memory 9Ei");
    expect(uncountableWarning([{ spec: { containers: [container("1")] } }])).toBeUndefined();
  });

  test("nothing, where it says nothing", () => {
    expect(podRequests({})).toEqual({});
    expect(podRequests({ spec: { containers: [{ name: "c" }] } })).toEqual({});
  });
});
