import { describe, expect, test } from "@jest/globals";
import type { V1Affinity } from "@kubernetes/client-node";
import { aRun, placeholderOf, placeholderPodOf, reservation, withRecord } from "../testing/builders";
import { unitePodTemplates } from "./pod-templates";
import { joinsItsRun, settledAffinity } from "./placeholder-affinity";
import { resourcesFor } from "../room/placeholder-size";
import { firstTemplate, pinnedTemplate, settledTemplate } from "./placeholder-template";
import { recordOf } from "./record";

const near: V1Affinity = {
  podAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "cache" } } },
    ],
  },
};

describe("a template", () => {
  const spec = { taskRunTemplate: { podTemplate: { affinity: near } } };
  const { run } = aRun().held().spec(spec);
  const placed = aRun().placed().spec(spec).run;
  const { template } = unitePodTemplates(run.spec, () => 0);
  const seen = placeholderOf(run, reservation);
  const { placing } = recordOf(seen);
  const name = seen.metadata!.name!;
  const pod = placeholderPodOf(run, "node-1", reservation);
  const size = { cpu: 3000, memory: 2 ** 30 };

  test("that is settled joins the run's pods and asks for the floor", () => {
    const change = settledTemplate(run, template, seen);
    expect(change).toEqual({
      affinity: settledAffinity(run, template, placing),
      resources: resourcesFor(reservation.floor, false),
      record: { placing, moves: 0, isSettled: true },
    });
    expect(joinsItsRun(change.affinity, name)).toBe(true);
  });

  test("that is pinned stays on the node, asks for the size, names the pod that it replaces, and is not settled", () => {
    const settled = withRecord(seen, { isSettled: true });
    for (const before of [seen, settled]) {
      const change = pinnedTemplate(run, template, before, { pod, node: "node-1", size });
      expect(change).toMatchObject({ resources: resourcesFor(size, false) });
      expect(change.record).toEqual({ placing, moves: 0, pinnedTo: "node-1", replaces: pod.metadata!.uid });
      expect(joinsItsRun(change.affinity, name)).toBe(false);
    }
  });

  test("that is settled after a replacement remembers moves and refused growth, and nothing of the replacement", () => {
    const growthRefusedAt = "2026-01-01T00:00:00.000Z";
    const pinned = { pinnedTo: "node-1", replaces: "gone", movingFrom: "node-0" };
    const before = withRecord(seen, { ...pinned, moves: 2, growthRefusedAt });
    expect(settledTemplate(run, template, before).record).toEqual({
      placing,
      moves: 2,
      growthRefusedAt,
      isSettled: true,
    });
  });

  const onNode = { matchFields: [{ key: "metadata.name", operator: "In", values: ["node-1"] }] };
  const ssd = { matchExpressions: [{ key: "disk", operator: "In", values: ["ssd"] }] };
  const named = { matchFields: [{ key: "metadata.name", operator: "NotIn", values: ["node-2"] }] };
  test.each([
    { name: "no node affinity of the run's", nodeSelectorTerms: undefined, expected: [onNode] },
    // Terms are alternatives: each of them has to hold the node.
    {
      name: "each of its terms",
      nodeSelectorTerms: [ssd, named],
      expected: [{ ...ssd, ...onNode }, { matchFields: [...named.matchFields, ...onNode.matchFields] }],
    },
  ])("that is pinned, with $name", ({ nodeSelectorTerms, expected }) => {
    const nodeAffinity = nodeSelectorTerms && {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
    };
    const to = { pod, node: "node-1", size };
    const { affinity } = pinnedTemplate(run, { affinity: { ...near, nodeAffinity } }, seen, to);
    expect(affinity.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms).toEqual(
      expected,
    );
    expect(affinity.podAffinity).toEqual(near.podAffinity);
  });

  describe("that starts over", () => {
    test("is as it was made, and counts the move", () => {
      const { affinity, containers } = seen.spec!.template.spec!;
      expect(firstTemplate(run, template, withRecord(seen, { moves: 1, isSettled: true }), { pod })).toEqual({
        affinity,
        resources: containers[0]!.resources,
        record: { placing, moves: 2, replaces: pod.metadata!.uid },
      });
    });

    test("for a run that was let go joins its pods, asks for what is needed, and says where it came from", () => {
      const { affinity, resources, record } = firstTemplate(placed, template, seen, { pod, ask: size });
      expect(joinsItsRun(affinity, name)).toBe(true);
      expect(resources).toEqual(resourcesFor(size, false));
      expect(record).toEqual({ placing, moves: 1, replaces: pod.metadata!.uid, movingFrom: "node-1" });
    });

    test("with the floor, for a run that was let go, is settled", () => {
      const change = firstTemplate(placed, template, seen, { pod, ask: reservation.floor });
      expect(change.record.isSettled).toBe(true);
    });
  });

  test("goes by what was decided when it was made, and not by choices that came later from a Pipeline", () => {
    const later = aRun().held().spec(spec).annotation("pod-affinity.tekton.dev/topology-key", "zone").run;
    const { affinity } = settledTemplate(later, template, seen);
    const [term] = affinity.podAffinity!.requiredDuringSchedulingIgnoredDuringExecution!;
    expect(term!.topologyKey).toBe("kubernetes.io/hostname");
  });

  test("keeps naming limits where it did: a pod's QoS class may not change", () => {
    const limited = placeholderOf(run, reservation, true);
    const to = { pod, node: "n", size };
    expect(settledTemplate(run, template, limited).resources.limits).toMatchObject({ cpu: "11m" });
    expect(pinnedTemplate(run, template, limited, to).resources.limits).toMatchObject({ cpu: "3001m" });
    expect(firstTemplate(run, template, limited, { pod }).resources.limits).toMatchObject({ cpu: "4001m" });
  });
});
