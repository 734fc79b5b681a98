import { expect, test } from "@jest/globals";
import { allocatedPod, amounts, isResizePending, podRequests } from "./requests";
import { pod, type PodBuilder } from "./testing";

test.each([
  [
    { cpu: "1", memory: "1Gi" },
    { cpu: 1000, memory: 2 ** 30 },
  ],
  [
    { cpu: "0.1", memory: "1500m" },
    { cpu: 100, memory: 2 },
  ],
  [
    { cpu: "1100u", memory: "129e6" },
    { cpu: 2, memory: 129_000_000 },
  ],
  [undefined, { cpu: 0, memory: 0 }],
])("%p in units", (list, expected) => {
  expect(amounts(list as Record<string, string> | undefined)).toEqual(expected);
});

const main = (): PodBuilder => pod("a", { cpu: "1" });

test.each<[string, PodBuilder, number]>([
  ["containers alone", main(), 1000],
  ["an init container that asks for more", main().initContainer("init", { cpu: "3" }), 3000],
  ["an init container that asks for less", main().initContainer("init", { cpu: "500m" }), 1000],
  ["a sidecar beside the containers", main().initContainer("car", { cpu: "2" }, "Always"), 3000],
  [
    "an init container after a sidecar",
    main().initContainer("car", { cpu: "2" }, "Always").initContainer("init", { cpu: "3" }),
    5000,
  ],
  [
    "an init container before a sidecar",
    main().initContainer("init", { cpu: "3" }).initContainer("car", { cpu: "2" }, "Always"),
    3000,
  ],
])("a pod asks for: %s", (_, { pod: asking }, cpu) => {
  expect(podRequests(asking).cpu).toBe(cpu);
});

test("what the pod itself asks for takes the place of its containers', overhead is added", () => {
  const { pod: asking } = pod("a", { cpu: "1", memory: "1Gi" });
  asking.spec = { ...asking.spec!, resources: { requests: { cpu: "3" } }, overhead: { cpu: "250m" } };
  expect(podRequests(asking)).toEqual({ cpu: 3250, memory: 2 ** 30 });
});

test("allocated is what the status says, of sidecars too, but not of init containers that end", () => {
  const { pod: asking } = main()
    .asks({ cpu: "4" })
    .initContainer("car", { cpu: "2" }, "Always")
    .initContainer("init", { cpu: "7" });
  const status = { image: "", imageID: "", ready: true, restartCount: 0 };
  asking.status!.initContainerStatuses = ["car", "init"].map(name => ({
    ...status,
    name,
    resources: { requests: { cpu: "9" } },
    allocatedResources: { cpu: "100m" },
  }));
  expect(podRequests(allocatedPod(asking)).cpu).toBe(7100);
  expect(isResizePending(asking)).toBe(true);
});

test.each([
  { name: "not allocated", of: main().asks({ cpu: "1" }, { cpu: "2" }), expected: true },
  {
    name: "allocated, as the resize in progress is of the pod as it is",
    of: main().asks({ cpu: "1" }, { cpu: "2" }).inProgress({ cpu: "1" }),
    expected: false,
  },
  {
    name: "of a pod that has changed since the resize in progress",
    of: main().asks({ cpu: "1" }, { cpu: "2" }).inProgress({ cpu: "1" }, 1),
    expected: true,
  },
])("limits alone are asked for until they are: $name", ({ of: { pod: asking }, expected }) => {
  expect(isResizePending(asking)).toBe(expected);
});
