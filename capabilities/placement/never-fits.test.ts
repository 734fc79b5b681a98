import { describe, expect, test } from "@jest/globals";
import type { V1Pod, V1PodSpec } from "@kubernetes/client-node";
import { parseResources } from "../demand/resources";
import { aRun, observed, placeholderPodOf } from "../testing/builders";
import { neverFits, summaryOf, type NodeSummary } from "./never-fits";
import { dependsOnNodes } from "../phases/observed";

const podOf = (requests: Record<string, string>, spec: Partial<V1PodSpec> = {}): V1Pod => ({
  metadata: { name: "placeholder" },
  spec: { containers: [{ name: "c", resources: { requests } }], ...spec },
});
const node = (name: string, more: Partial<NodeSummary> = {}): NodeSummary => ({
  name,
  labels: {},
  taints: [],
  allocatable: parseResources({ cpu: "4", memory: "8Gi" }),
  ...more,
});
const small = node("small");
const large = node("large", { allocatable: parseResources({ cpu: "16", memory: "32Gi" }) });
const required = (...nodeSelectorTerms: object[]): Partial<V1PodSpec> => ({
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  } as V1PodSpec["affinity"],
});
const expressed = (key: string, operator: string, ...values: string[]) =>
  required({ matchExpressions: [{ key, operator, values }] });

describe("fits", () => {
  test.each<[string, V1Pod, NodeSummary[]]>([
    ["a node as large as it", podOf({ cpu: "4", memory: "8Gi" }), [small]],
    ["one of several", podOf({ cpu: "9" }), [small, large]],
    ["a node that lacks what is asked for none of", podOf({ cpu: "1", "nvidia.com/gpu": "0" }), [small]],
    [
      "a node with the labels",
      podOf({ cpu: "1" }, { nodeSelector: { disk: "ssd" } }),
      [node("n", { labels: { disk: "ssd" } })],
    ],
    [
      "by a term in which it may be named",
      podOf(
        { cpu: "1" },
        required({ matchFields: [{ key: "metadata.name", operator: "In", values: ["small"] }] }),
      ),
      [small],
    ],
    [
      "by one of several terms",
      podOf({ cpu: "1" }, required({}, { matchExpressions: [{ key: "a", operator: "DoesNotExist" }] })),
      [small],
    ],
    [
      "a tainted node that is tolerated",
      podOf({ cpu: "1" }, { tolerations: [{ key: "team", value: "red" }] }),
      [node("n", { taints: [{ key: "team", value: "red", effect: "NoSchedule" }] })],
    ],
    [
      "by a toleration of everything",
      podOf({ cpu: "1" }, { tolerations: [{ operator: "Exists" }] }),
      [node("n", { taints: [{ key: "x", effect: "NoExecute" }] })],
    ],
    [
      "a node that is better left alone",
      podOf({ cpu: "1" }),
      [node("n", { taints: [{ key: "x", effect: "PreferNoSchedule" }] })],
    ],
    [
      "a node that is cordoned or not ready, for now",
      podOf({ cpu: "1" }),
      [node("n", { taints: [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }] })],
    ],
  ])("%s", (_what, pod, nodes) => {
    expect(neverFits(pod, nodes)).toBeUndefined();
  });

  test.each<[string, string[], string | undefined, boolean]>([
    ["In", ["b", "a"], "a", true],
    ["In", ["b"], "a", false],
    ["In", ["b"], undefined, false],
    ["NotIn", ["a"], "a", false],
    ["NotIn", ["a"], undefined, true],
    ["Exists", [], "a", true],
    ["Exists", [], undefined, false],
    ["DoesNotExist", [], "a", false],
    ["Gt", ["10"], "9", false],
    ["Gt", ["10"], "11", true],
    ["Lt", ["10"], "9", true],
    ["Lt", ["10"], undefined, false],
  ])("%s %j of the value %j: %s", (operator, values, value, fits) => {
    const labelled = node("n", { labels: value === undefined ? {} : { key: value } });
    expect(
      neverFits(podOf({ cpu: "1" }, expressed("key", operator, ...values)), [labelled]) === undefined,
    ).toBe(fits);
  });
});

describe("never fits", () => {
  const message = (pod: V1Pod, ...nodes: NodeSummary[]) => neverFits(pod, nodes)?.message;

  test("says what is asked for, and what the largest node has", () => {
    const said = message(podOf({ cpu: "20", memory: "1Gi" }), small, large);
    expect(said).toContain("asks for cpu 20, memory 1Gi");
    expect(said).toContain("the largest of the 2 nodes that it may use, large, has cpu 16, memory 32Gi");
  });
  test("counts a runtime class's overhead", () => {
    expect(message(podOf({ cpu: "16" }, { overhead: { cpu: "250m" } }), large)).toContain("cpu 16250m");
  });
  test("takes no two nodes together", () => {
    const manyCores = node("cores", { allocatable: parseResources({ cpu: "64", memory: "1Gi" }) });
    expect(message(podOf({ cpu: "20", memory: "16Gi" }), manyCores, large)).toContain("large, has cpu 16");
  });
  test("says when there is no node that it may use", () => {
    const tainted = { ...small, taints: [{ key: "x", value: "y", effect: "NoSchedule" }] };
    for (const spec of [
      {},
      { tolerations: [{ key: "x" }] },
      { tolerations: [{ key: "x", value: "y", effect: "NoExecute" }] },
    ]) {
      expect(message(podOf({ cpu: "1" }, spec), tainted)).toContain("none of the 1 nodes may be used");
    }
    expect(message(podOf({ cpu: "1" }, { nodeSelector: { a: "b" } }), small, large)).toContain(
      "none of the 2 nodes",
    );
    expect(message(podOf({ cpu: "1" }))).toContain("none of the 0 nodes");
  });
  test("is one Event, whatever nodes come and go", () => {
    const pod = podOf({ cpu: "20" });
    expect(neverFits(pod, [small])?.about).toBe(neverFits(pod, [small, large])?.about);
  });
  test("not for what a node has more of than can be reckoned with", () => {
    const summary = summaryOf({
      metadata: { name: "n" },
      status: { allocatable: { "example.com/x": "9223372036854775807" } },
    });
    expect(neverFits(podOf({ "example.com/x": "3" }), [summary])).toBeUndefined();
  });
});

describe("nodes are read", () => {
  const { run } = aRun().held();
  const pod = placeholderPodOf(run);
  const refused = {
    ...pod,
    status: { conditions: [{ type: "PodScheduled", status: "False", message: "0/3" }] },
  };
  const { metadata } = pod;
  const statefulSet = { metadata: { uid: metadata!.ownerReferences![0]!.uid } };
  test.each([
    ["where the scheduler has found none and no autoscaler is expected", refused, "none", true],
    ["not while an autoscaler may add one", refused, "expected", false],
    ["not before the scheduler has looked", pod, "none", false],
  ] as const)("%s", (_what, found, autoscaler, expected) => {
    expect(dependsOnNodes(observed(run, { statefulSet, pods: [found] }), autoscaler)).toBe(expected);
  });
});
