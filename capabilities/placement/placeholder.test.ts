import { describe, expect, test } from "@jest/globals";
import type { V1Affinity, V1StatefulSet } from "@kubernetes/client-node";
import {
  aRun,
  NO_RESERVATION,
  placeholderOf,
  reservation,
  RUN_UID,
  SETTINGS,
  type RunBuilder,
} from "../testing/builders";
import { placeholderName } from "./names";
import { hasLimits, requestedBy, reservationOf } from "../room/placeholder-size";
import { placeholderFor } from "./placeholder";
import { joinsItsRun } from "./placeholder-affinity";
import { settledTemplate } from "./placeholder-template";
import { recordOf } from "./record";

const name = placeholderName("build");
const ownRun = {
  topologyKey: "kubernetes.io/hostname",
  labelSelector: { matchLabels: { "pod-affinity.tekton.dev/placeholder": name } },
};
const others = {
  topologyKey: "kubernetes.io/hostname",
  labelSelector: {
    matchLabels: {
      "app.kubernetes.io/name": "pipelinerun-pod-affinity",
      "app.kubernetes.io/component": "placeholder",
    },
  },
};
/** One term of the placeholder's own: with several the scheduler does not see that one of them is met. */
const othersAnywhere = { ...others, namespaceSelector: {} };
const cache = { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "cache" } } };
const near: V1Affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [cache] } };
const joins = ({ spec }: V1StatefulSet) => joinsItsRun(spec!.template.spec!.affinity, name);
const specOf = (builder: RunBuilder) => placeholderOf(builder.run).spec!.template.spec!;
const choose = (choice: string, value: string) =>
  aRun().held().annotation(`pod-affinity.tekton.dev/${choice}`, value);

describe("autoscalers leave its node alone", () => {
  const { run } = aRun().held();
  const annotations = (value: string) => {
    const settings = { ...SETTINGS, KARPENTER_DO_NOT_DISRUPT: value };
    const made = placeholderFor(run, {}, settings, NO_RESERVATION, { limits: false, volumes: [] });
    const all = Object.entries(made.spec!.template.metadata!.annotations!);
    return Object.fromEntries(all.filter(([key]) => /autoscaler|karpenter/.test(key)));
  };
  const always = { "cluster-autoscaler.kubernetes.io/safe-to-evict": "false" };
  test.each([
    { name: "until the run ends", value: SETTINGS.KARPENTER_DO_NOT_DISRUPT, more: "true" },
    { name: "for as long as the setting says", value: "4h", more: "4h" },
  ])("$name", ({ value, more }) => {
    expect(annotations(value)).toEqual({ ...always, "karpenter.sh/do-not-disrupt": more });
  });
  test("but for Karpenter, where the setting says so", () => {
    expect(annotations("none")).toEqual(always);
  });
});

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
    expect(joins(placeholderOf(aRun().held().run))).toBe(true);
  });

  test.each([
    ["required", "cluster", [othersAnywhere], []],
    ["required", "namespace", [others], []],
    ["preferred", "namespace", [], [{ weight: 100, podAffinityTerm: others }]],
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
    expect(joins(placeholderOf(run))).toBe(true);
    expect(recordOf(placeholderOf(run)).isSettled).toBe(true);
  });

  test("pod affinity that the run requires comes first, and gives way once the placeholder is bound", () => {
    const { run } = aRun()
      .held()
      .spec({ taskRunTemplate: { podTemplate: { affinity: near } } });
    const first = placeholderOf(run);
    expect(joins(first)).toBe(false);
    expect(recordOf(first).isSettled).not.toBe(true);
    expect(first.spec!.template.spec!.affinity!.podAffinity).toEqual({
      requiredDuringSchedulingIgnoredDuringExecution: [cache],
    });
    const { affinity: settled } = settledTemplate(first);
    expect(settled.podAffinity).toEqual({
      requiredDuringSchedulingIgnoredDuringExecution: [ownRun],
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: cache }],
    });
  });
});

describe("a placeholder with a reservation", () => {
  const made = placeholderOf(aRun().held().run, reservation);
  test("asks for all of it while it looks for a node, and keeps it in writing", () => {
    expect(requestedBy(made.spec!.template.spec!)).toEqual(reservation.ask);
    expect(reservationOf(made)).toEqual(reservation);
    expect(recordOf(made).isSettled).not.toBe(true);
  });
  test("asks for the floor, made again for a run that is under way", () => {
    const again = placeholderOf(aRun().placed().run, reservation);
    expect(requestedBy(again.spec!.template.spec!)).toEqual(reservation.floor);
    expect(reservationOf(again)).toEqual(reservation);
  });
  test("is made again within what the run was placed by, whatever its Pipeline chose since", () => {
    const { run } = aRun()
      .placed()
      .annotation("pod-affinity.tekton.dev/within", "kubernetes.io/hostname")
      .annotation("pod-affinity.tekton.dev/topology-key", "zone");
    expect(recordOf(placeholderOf(run)).placing["topology-key"]).toBe("kubernetes.io/hostname");
    expect(placeholderOf(run).spec!.template.spec!.affinity!.podAffinity).toEqual({
      requiredDuringSchedulingIgnoredDuringExecution: [ownRun],
    });
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
    expect(recordOf(old)).toMatchObject({ moves: 0, placing: { "topology-key": "kubernetes.io/hostname" } });
  });
});
