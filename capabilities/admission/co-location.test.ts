import { describe, expect, test } from "@jest/globals";
import type { V1Affinity, V1Pod } from "@kubernetes/client-node";
import { aRun, placeholderPodOf, runPod } from "../testing/builders";
import { coLocated } from "./co-location";
import { placeholderName } from "../placement/names";

const ours = {
  topologyKey: "kubernetes.io/hostname",
  labelSelector: {
    matchLabels: {
      "app.kubernetes.io/instance": placeholderName("build"),
      "app.kubernetes.io/component": "placeholder",
    },
  },
};
const cache = { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "cache" } } };
const withAffinity = (affinity: V1Affinity): V1Pod => {
  const pod = runPod("Pending");
  return { ...pod, spec: { ...pod.spec!, affinity } };
};

describe("a pod of a placed run", () => {
  test("is tied to the placeholder by one required term", () => {
    expect(coLocated(runPod("Pending"))?.podAffinity).toEqual({
      requiredDuringSchedulingIgnoredDuringExecution: [ours],
    });
  });

  test("gets the term once, however often admission sees it", () => {
    expect(coLocated(withAffinity(coLocated(runPod("Pending"))!))).toBeUndefined();
  });

  test("keeps node affinity and anti-affinity as they are", () => {
    const affinity: V1Affinity = {
      nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: {} }] },
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [cache] },
    };
    expect({ ...coLocated(withAffinity(affinity)), podAffinity: undefined }).toEqual(affinity);
  });

  test("keeps required pod affinity as preferred: together with ours it could never be met", () => {
    const preferred = [{ weight: 3, podAffinityTerm: cache }];
    const affinity = {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [cache],
        preferredDuringSchedulingIgnoredDuringExecution: preferred,
      },
    };
    expect(coLocated(withAffinity(affinity))?.podAffinity).toEqual({
      requiredDuringSchedulingIgnoredDuringExecution: [ours],
      preferredDuringSchedulingIgnoredDuringExecution: [
        ...preferred,
        { weight: 100, podAffinityTerm: cache },
      ],
    });
  });

  test("is placed by the topology key that its run chose", () => {
    const pod = runPod("Pending");
    pod.metadata!.annotations = { "pod-affinity.tekton.dev/topology-key": "topology.kubernetes.io/zone" };
    const [term] = coLocated(pod)!.podAffinity!.requiredDuringSchedulingIgnoredDuringExecution!;
    expect(term!.topologyKey).toBe("topology.kubernetes.io/zone");
  });

  test("is placed by what was decided for its run, whatever topology-key its Pipeline brought after release", () => {
    const pod = runPod("Pending");
    pod.metadata!.annotations = {
      "pod-affinity.tekton.dev/within": "kubernetes.io/hostname",
      "pod-affinity.tekton.dev/topology-key": "topology.kubernetes.io/zone",
    };
    const [term] = coLocated(pod)!.podAffinity!.requiredDuringSchedulingIgnoredDuringExecution!;
    expect(term!.topologyKey).toBe("kubernetes.io/hostname");
  });
});

test("pods without the placeholder's label, and placeholders, are left alone", () => {
  expect(coLocated({ metadata: { labels: {} }, spec: { containers: [] } })).toBeUndefined();
  expect(coLocated(placeholderPodOf(aRun().held().run))).toBeUndefined();
});
