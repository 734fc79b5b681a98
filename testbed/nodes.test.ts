import { expect, test } from "@jest/globals";
import { nodeObject } from "./nodes";

test("a node is as large as a usual one, and KWOK's", () => {
  const { metadata, status } = nodeObject({ name: "n" });
  expect(metadata?.labels).toMatchObject({ type: "kwok", "kubernetes.io/hostname": "n" });
  expect(status?.allocatable).toEqual({ cpu: "8", memory: "32Gi", pods: "110" });
});

test("what is asked for wins over the defaults", () => {
  const { metadata, spec, status } = nodeObject({
    name: "n",
    cpu: "2",
    zone: "zone-b",
    labels: { "kubernetes.io/arch": "arm64" },
    taints: [{ key: "k", effect: "NoSchedule" }],
    extraResources: { "nvidia.com/gpu": "1" },
  });
  expect(metadata?.labels).toMatchObject({
    "kubernetes.io/arch": "arm64",
    "topology.kubernetes.io/zone": "zone-b",
  });
  expect(spec?.taints).toEqual([{ key: "k", effect: "NoSchedule" }]);
  expect(status?.allocatable).toMatchObject({ cpu: "2", "nvidia.com/gpu": "1" });
});
