import { describe, expect, test } from "@jest/globals";
import type { V1Affinity, V1Pod } from "@kubernetes/client-node";
import { aRun, placeholderPodOf, runPod } from "../testing/builders";
import { coLocated } from "./co-location";
import { placeholderName } from "../placement/names";

const ours = {
  topologyKey: "kubernetes.io/hostname",
  labelSelector: {
    matchLabels: {
      "tekton.dev/pipelineRun": "build",
      "app.kubernetes.io/instance": placeholderName("build"),
      "app.kubernetes.io/component": "placeholder",
    },
  },
};
const cache = { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "cache" } } };
/** Of a task of the run itself, unless labels say otherwise. */
const placedPod = (labels: Record<string, string> = {}): V1Pod => {
  const pod = runPod("Pending", labels);
  return { ...pod, metadata: { ...pod.metadata, annotations: { "pod-affinity.tekton.dev/run": "build" } } };
};
const withAffinity = (affinity: V1Affinity): V1Pod => {
  const pod = placedPod();
  return { ...pod, spec: { ...pod.spec!, affinity } };
};

describe("a pod of a placed run", () => {
  test("is tied to the placeholder by one required term", () => {
    expect(coLocated(placedPod())?.podAffinity).toEqual({
      requiredDuringSchedulingIgnoredDuringExecution: [ours],
    });
  });

  test("of a child run is tied to the placeholder of the outermost", () => {
    const pod = placedPod({ "tekton.dev/pipelineRun": "build-child" });
    expect(coLocated(pod)?.podAffinity).toEqual({ requiredDuringSchedulingIgnoredDuringExecution: [ours] });
  });

  test("whose term has all labels of its placeholder's pod", () => {
    const [term] = coLocated(placedPod())!.podAffinity!.requiredDuringSchedulingIgnoredDuringExecution!;
    const { labels } = placeholderPodOf(aRun().held().run).metadata!;
    expect(labels).toMatchObject(term!.labelSelector!.matchLabels!);
  });

  describe("that an earlier version has placed", () => {
    const { "tekton.dev/pipelineRun": _, ...matchLabels } = ours.labelSelector.matchLabels;
    const older = { ...ours, labelSelector: { matchLabels } };
    test("has no name of the outermost run, and gets a term without one", () => {
      expect(coLocated(runPod("Pending"))?.podAffinity).toEqual({
        requiredDuringSchedulingIgnoredDuringExecution: [older],
      });
    });
    test("has its term already", () => {
      const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [older] } };
      expect(coLocated(withAffinity(affinity))).toBeUndefined();
    });
  });

  test("gets the term once, however often admission sees it", () => {
    expect(coLocated(withAffinity(coLocated(placedPod())!))).toBeUndefined();
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
