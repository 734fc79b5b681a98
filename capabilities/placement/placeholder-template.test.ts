import { describe, expect, test } from "@jest/globals";
import type { V1Affinity } from "@kubernetes/client-node";
import { aRun, placeholderOf, reservation } from "../testing/builders";
import { unitePodTemplates } from "./pod-templates";
import { settledAffinity } from "./placeholder-affinity";
import { resourcesFor } from "./placeholder-size";
import { firstTemplate, isPinned, isSettled, pinnedTemplate, settledTemplate } from "./placeholder-template";

const near: V1Affinity = {
  podAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "cache" } } },
    ],
  },
};

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
