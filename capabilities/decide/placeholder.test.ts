import { describe, expect, test } from "@jest/globals";
import type { V1Affinity } from "@kubernetes/client-node";
import { aRun, placeholderOf, placeholderPodOf, RUN_UID, type RunBuilder } from "../testing/builders";
import { placeholderName } from "./names";
import { firstTemplate, isPinned, isSettled, pinnedTemplate, settledTemplate } from "./placeholder-template";
import { hasLimits, requestedBy, reservationOf, resizedResources, resourcesFor } from "./placeholder-size";
import { settledAffinity } from "./placeholder-affinity";
import { unitePodTemplates } from "./pod-templates";
import type { Reservation } from "./reservation";

const name = placeholderName("build");
const ownRun = {
  topologyKey: "kubernetes.io/hostname",
  labelSelector: { matchLabels: { "pod-affinity.tekton.dev/placeholder": name } },
};
const otherPlaceholders = {
  topologyKey: "kubernetes.io/hostname",
  labelSelector: {
    matchLabels: {
      "app.kubernetes.io/name": "pipelinerun-pod-affinity",
      "app.kubernetes.io/component": "placeholder",
    },
  },
};
const cache = { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "cache" } } };
const near: V1Affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [cache] } };
const specOf = (builder: RunBuilder) => placeholderOf(builder.run).spec!.template.spec!;
const choose = (choice: string, value: string) =>
  aRun().held().annotation(`pod-affinity.tekton.dev/${choice}`, value);

describe("the StatefulSet", () => {
  const { metadata, spec } = placeholderOf(aRun().held().run);
  test("is owned by the run, and does not hold up its deletion", () => {
    expect(metadata?.ownerReferences).toEqual([
      {
        apiVersion: "tekton.dev/v1",
        kind: "PipelineRun",
        name: "build",
        uid: RUN_UID,
        controller: true,
        blockOwnerDeletion: false,
      },
    ]);
  });
  test("has one replica that nobody replaces on a change", () => {
    expect(spec).toMatchObject({ replicas: 1, updateStrategy: { type: "OnDelete" } });
  });
  test("selects only labels that its pod has, and none of the run's", () => {
    expect(spec!.template.metadata!.labels).toMatchObject(spec!.selector.matchLabels!);
    expect(Object.keys(spec!.selector.matchLabels!)).toEqual([
      "app.kubernetes.io/name",
      "app.kubernetes.io/component",
      "app.kubernetes.io/instance",
    ]);
  });
  test("is the same for the same run", () => {
    expect(placeholderOf(aRun().held().run)).toEqual(placeholderOf(aRun().held().run));
  });
});

describe("the pod", () => {
  test("meets the restricted Pod Security Standard, and stops at once", () => {
    const spec = specOf(aRun().held());
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    });
    expect(spec.containers).toHaveLength(1);
    expect(spec.containers[0]!.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
    });
  });
  test("takes over nothing that could hurt", () => {
    const podTemplate = {
      hostNetwork: true,
      securityContext: { runAsUser: 0 },
      env: [{ name: "A" }],
      volumes: [{ name: "v" }],
      topologySpreadConstraints: [{}],
      nodeSelector: { disk: "ssd" },
    };
    const spec = specOf(aRun().held().spec({ taskRunTemplate: { podTemplate } }));
    expect(spec.nodeSelector).toEqual({ disk: "ssd" });
    expect(spec).toMatchObject({ securityContext: { runAsNonRoot: true } });
    for (const field of ["hostNetwork", "volumes", "topologySpreadConstraints"])
      expect(spec).not.toHaveProperty(field);
    expect(spec.containers[0]).not.toHaveProperty("env");
  });
});

describe("affinity", () => {
  test("ties a pod that is made again to its run's pods", () => {
    const { affinity } = specOf(aRun().held());
    expect(affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toEqual([ownRun]);
    expect(isSettled(placeholderOf(aRun().held().run))).toBe(true);
  });

  test.each([
    ["required", "cluster", [{ ...otherPlaceholders, namespaceSelector: {} }], []],
    ["required", "namespace", [otherPlaceholders], []],
    ["preferred", "namespace", [], [{ weight: 100, podAffinityTerm: otherPlaceholders }]],
    ["none", "cluster", [], []],
  ])("isolation %s in the %s", (isolation, scope, required, preferred) => {
    const builder = choose("isolation", isolation).annotation(
      "pod-affinity.tekton.dev/isolation-scope",
      scope,
    );
    expect(specOf(builder).affinity?.podAntiAffinity).toEqual({
      requiredDuringSchedulingIgnoredDuringExecution: required,
      preferredDuringSchedulingIgnoredDuringExecution: preferred,
    });
  });

  test("topology keys are the run's choice, each for itself", () => {
    const { affinity } = specOf(choose("topology-key", "zone"));
    expect(affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.[0]?.topologyKey).toBe(
      "zone",
    );
    const isolation = affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.[0];
    expect(isolation?.topologyKey).toBe("kubernetes.io/hostname");
  });

  // Unsettled it may come up on another node than the run's pods, and nothing settles it later.
  test("made again for a run that is placed, it is settled whatever the run requires", () => {
    const { run } = aRun()
      .placed()
      .spec({ taskRunTemplate: { podTemplate: { affinity: near } } });
    expect(isSettled(placeholderOf(run))).toBe(true);
  });

  test("pod affinity that the run requires comes first, and gives way once the placeholder is bound", () => {
    const { run } = aRun()
      .held()
      .spec({ taskRunTemplate: { podTemplate: { affinity: near } } });
    const first = placeholderOf(run);
    expect(isSettled(first)).toBe(false);
    expect(first.spec!.template.spec!.affinity!.podAffinity).toEqual({
      requiredDuringSchedulingIgnoredDuringExecution: [cache],
    });
    const settled = settledAffinity(run, unitePodTemplates(run.spec, () => 0).template);
    expect(settled.podAffinity).toEqual({
      requiredDuringSchedulingIgnoredDuringExecution: [ownRun],
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: cache }],
    });
  });
});

const reservation: Reservation = {
  ask: { cpu: 4000, memory: 2 ** 32, "nvidia.com/gpu": 1 },
  floor: { cpu: 10, memory: 2 ** 24 },
  firstWave: { cpu: 1000 },
  tasks: [],
};

describe("a placeholder with a reservation", () => {
  const made = placeholderOf(aRun().held().run, reservation);
  test("asks for all of it while it looks for a node, and keeps it in writing", () => {
    expect(requestedBy(made.spec!.template.spec!)).toEqual(reservation.ask);
    expect(reservationOf(made)).toEqual(reservation);
    expect(isSettled(made)).toBe(false);
  });
  test("asks for the floor, made again for a run that is under way", () => {
    const again = placeholderOf(aRun().placed().run, reservation);
    expect(requestedBy(again.spec!.template.spec!)).toEqual(reservation.floor);
    expect(reservationOf(again)).toEqual(reservation);
  });
  test("names limits only where they are asked for", () => {
    const plain = { ...reservation, ask: reservation.floor };
    expect(hasLimits(placeholderOf(aRun().held().run, plain))).toBe(false);
    expect(hasLimits(placeholderOf(aRun().held().run, plain, true))).toBe(true);
  });
  test("of a time before there were any keeps what it asks for", () => {
    const old = placeholderOf(aRun().held().run);
    const asked = requestedBy(old.spec!.template.spec!);
    delete old.metadata!.annotations;
    expect(reservationOf(old)).toEqual({ ask: asked, floor: asked, firstWave: {}, tasks: [] });
    expect(isSettled(old)).toBe(true);
  });
});

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

describe("a template", () => {
  const { run } = aRun()
    .held()
    .spec({ taskRunTemplate: { podTemplate: { affinity: near } } });
  const { template } = unitePodTemplates(run.spec, () => 0);
  const seen = placeholderOf(run, reservation);
  const size = { cpu: 3000, memory: 2 ** 30 };
  const changed = ({ affinity, resources, pinnedTo }: ReturnType<typeof firstTemplate>) => {
    const changing = placeholderOf(run, reservation);
    Object.assign(changing.spec!.template.spec!, { affinity });
    changing.spec!.template.spec!.containers[0]!.resources = resources;
    if (pinnedTo !== undefined)
      changing.metadata!.annotations!["pod-affinity.tekton.dev/pinned-to"] = pinnedTo;
    return changing;
  };

  test("that is settled joins the run's pods and asks for the floor", () => {
    const change = settledTemplate(run, template, seen);
    expect(change).toEqual({
      affinity: settledAffinity(run, template),
      resources: resourcesFor(reservation.floor, false),
    });
    expect(isSettled(changed(change))).toBe(true);
  });

  test("that is pinned stays on the node, asks for the size, and is not settled", () => {
    const change = pinnedTemplate(run, template, seen, "node-1", size);
    expect(change).toMatchObject({ resources: resourcesFor(size, false), pinnedTo: "node-1" });
    expect(isPinned(changed(change))).toBe(true);
    expect(isSettled(changed(change))).toBe(false);
    const settled = changed(settledTemplate(run, template, seen));
    settled.metadata!.annotations!["pod-affinity.tekton.dev/pinned-to"] = "node-1";
    expect(isSettled(settled)).toBe(false);
  });

  const onNode = { matchFields: [{ key: "metadata.name", operator: "In", values: ["node-1"] }] };
  const ssd = { matchExpressions: [{ key: "disk", operator: "In", values: ["ssd"] }] };
  const named = { matchFields: [{ key: "metadata.name", operator: "NotIn", values: ["node-2"] }] };
  test.each([
    ["no node affinity of the run's", undefined, [onNode]],
    // Terms are alternatives: each of them has to hold the node.
    [
      "each of its terms",
      [ssd, named],
      [{ ...ssd, ...onNode }, { matchFields: [...named.matchFields, ...onNode.matchFields] }],
    ],
  ])("that is pinned, with %s", (_what, nodeSelectorTerms, expected) => {
    const nodeAffinity = nodeSelectorTerms && {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
    };
    const { affinity } = pinnedTemplate(run, { affinity: { ...near, nodeAffinity } }, seen, "node-1", size);
    expect(affinity.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms).toEqual(
      expected,
    );
    expect(affinity.podAffinity).toEqual(near.podAffinity);
  });

  test("that starts over is as it was made", () => {
    const { affinity, containers } = seen.spec!.template.spec!;
    expect(firstTemplate(run, template, seen)).toEqual({ affinity, resources: containers[0]!.resources });
  });

  test("keeps naming limits where it did: a pod's QoS class may not change", () => {
    const limited = placeholderOf(run, reservation, true);
    expect(settledTemplate(run, template, limited).resources.limits).toMatchObject({ cpu: "11m" });
    expect(pinnedTemplate(run, template, limited, "n", size).resources.limits).toMatchObject({
      cpu: "3001m",
    });
    expect(firstTemplate(run, template, limited).resources.limits).toMatchObject({ cpu: "4001m" });
  });
});
