import { describe, expect, test } from "@jest/globals";
import type { V1Affinity, V1StatefulSet } from "@kubernetes/client-node";
import { aRun, placeholderOf, placeholderPodOf, reservation, withRecord } from "../testing/builders";
import { decidedAffinity, joinsItsRun, settledAffinity } from "./placeholder-affinity";
import { resourcesFor } from "../room/placeholder-size";
import { firstTemplate, pinnedTemplate, settledTemplate, type TemplateChange } from "./placeholder-template";
import { recordOf } from "./record";
import { areSame } from "./same";
import { RECORD_ANNOTATION } from "../keys";

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
  const seen = placeholderOf(run, reservation);
  const { placing } = recordOf(seen);
  const name = seen.metadata!.name!;
  const pod = placeholderPodOf(run, "node-1", reservation);
  const nearness = near.podAffinity!.requiredDuringSchedulingIgnoredDuringExecution;
  const size = { cpu: 3000, memory: 2 ** 30 };

  test("that is settled joins the run's pods and asks for the floor", () => {
    const change = settledTemplate(seen);
    expect(change).toEqual({
      affinity: settledAffinity(
        name,
        decidedAffinity({ affinity: { ...near, nodeAffinity: {} } }, placing),
        placing,
      ),
      resources: resourcesFor(reservation.floor, false),
      record: { placing, moves: 0, isSettled: true, nearness },
    });
    expect(joinsItsRun(change.affinity, name)).toBe(true);
  });

  test("that is pinned stays on the node, asks for the size, names the pod that it replaces, and is not settled", () => {
    const settled = withRecord(seen, { isSettled: true });
    for (const before of [seen, settled]) {
      const change = pinnedTemplate(run, before, { pod, node: "node-1", size });
      expect(change).toMatchObject({ resources: resourcesFor(size, false) });
      const replaces = pod.metadata!.uid;
      expect(change.record).toEqual({ placing, moves: 0, nearness, pinnedTo: "node-1", replaces });
      expect(joinsItsRun(change.affinity, name)).toBe(false);
    }
  });

  test("that is settled after a replacement remembers moves and refused growth, and nothing of the replacement", () => {
    const growthRefusedAt = "2026-01-01T00:00:00.000Z";
    const pinned = { pinnedTo: "node-1", replaces: "gone", movingFrom: "node-0" };
    const before = withRecord(seen, { ...pinned, moves: 2, growthRefusedAt });
    expect(settledTemplate(before).record).toEqual({
      placing,
      moves: 2,
      nearness,
      growthRefusedAt,
      isSettled: true,
    });
  });

  /** As the API server has it after the change. */
  const after = (before: V1StatefulSet, { affinity, resources, record }: TemplateChange): V1StatefulSet => {
    const changed = structuredClone(withRecord(before, record));
    // What is over is not written.
    changed.metadata!.annotations![RECORD_ANNOTATION] = JSON.stringify(record);
    const template = changed.spec!.template.spec!;
    template.affinity = affinity;
    template.containers[0]!.resources = resources;
    return changed;
  };
  const ssd = { matchExpressions: [{ key: "disk", operator: "In", values: ["ssd"] }] };
  const other = { topologyKey: "zone", labelSelector: { matchLabels: { app: "db" } } };
  const hundred = { weight: 100, podAffinityTerm: other };
  const onSsd = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [ssd] } };
  test.each([
    { name: "nothing", affinity: {} },
    { name: "pod affinity", affinity: near },
    { name: "node affinity", affinity: { nodeAffinity: onSsd } },
    {
      name: "all of it",
      affinity: {
        nodeAffinity: {
          ...onSsd,
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: ssd }],
        },
        podAffinity: { ...near.podAffinity, preferredDuringSchedulingIgnoredDuringExecution: [hundred] },
        podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [other] },
      },
    },
  ])("that was changed again and again goes back to what was decided: $name", ({ affinity }) => {
    const { run } = aRun()
      .held()
      .spec({ taskRunTemplate: { podTemplate: { affinity } } });
    const made = placeholderOf(run, reservation);
    const to = { pod, node: "node-1", size };
    let changed = made;
    for (let round = 0; round < 2; round++) {
      changed = after(changed, settledTemplate(changed));
      changed = after(changed, pinnedTemplate(run, changed, to));
      changed = after(changed, settledTemplate(changed));
      changed = after(changed, pinnedTemplate(run, changed, to));
    }
    const { affinity: atLast } = firstTemplate(run, changed, {
      pod: placeholderPodOf(run, undefined, reservation),
    });
    expect(areSame(atLast, made.spec!.template.spec!.affinity)).toBe(true);
  });

  const onNode = { matchFields: [{ key: "metadata.name", operator: "In", values: ["node-1"] }] };
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
    const affinityOfRun = { ...near, ...(nodeAffinity && { nodeAffinity }) };
    const { run: demanding } = aRun()
      .held()
      .spec({ taskRunTemplate: { podTemplate: { affinity: affinityOfRun } } });
    const { affinity } = pinnedTemplate(run, placeholderOf(demanding), to);
    expect(affinity.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms).toEqual(
      expected,
    );
    expect(affinity.podAffinity).toEqual(near.podAffinity);
  });

  describe("that starts over", () => {
    const awayFrom = (node: string) => ({
      weight: 100,
      preference: { matchFields: [{ key: "metadata.name", operator: "NotIn", values: [node] }] },
    });

    test("is as it was made, but for the node that it leaves, and counts the move", () => {
      const { affinity, containers } = seen.spec!.template.spec!;
      const settled = after(seen, settledTemplate(withRecord(seen, { moves: 1 })));
      const nodeAffinity = { preferredDuringSchedulingIgnoredDuringExecution: [awayFrom("node-1")] };
      expect(firstTemplate(run, settled, { pod })).toEqual({
        affinity: { ...affinity, nodeAffinity },
        resources: containers[0]!.resources,
        record: { placing, moves: 2, nearness, replaces: pod.metadata!.uid, avoids: "node-1" },
      });
    });

    test("avoids the node that it left last, and no other", () => {
      const once = after(seen, firstTemplate(placed, seen, { pod, why: "it is cordoned" }));
      const other = placeholderPodOf(run, "node-2", reservation);
      const { affinity, record } = firstTemplate(placed, once, { pod: other });
      expect(recordOf(once).movingBecause).toBe("it is cordoned");
      expect(record).toMatchObject({ moves: 2, avoids: "node-2" });
      const preferred = affinity.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
      expect(preferred).toEqual([awayFrom("node-2")]);
      expect(settledTemplate(once).affinity).toEqual(settledTemplate(seen).affinity);
    });

    test("for a run that was let go joins its pods, asks for what is needed, and says where it came from", () => {
      const { affinity, resources, record } = firstTemplate(placed, seen, { pod, ask: size });
      expect(joinsItsRun(affinity, name)).toBe(true);
      expect(resources).toEqual(resourcesFor(size, false));
      const replaces = pod.metadata!.uid;
      const [movingFrom, avoids] = ["node-1", "node-1"];
      expect(record).toEqual({ placing, moves: 1, nearness, replaces, movingFrom, avoids });
    });

    test("with the floor, for a run that was let go, is settled", () => {
      const change = firstTemplate(placed, seen, { pod, ask: reservation.floor });
      expect(change.record.isSettled).toBe(true);
    });
  });

  test("keeps naming limits where it did: a pod's QoS class may not change", () => {
    const limited = placeholderOf(run, reservation, true);
    const to = { pod, node: "n", size };
    expect(settledTemplate(limited).resources.limits).toMatchObject({ cpu: "11m" });
    expect(pinnedTemplate(run, limited, to).resources.limits).toMatchObject({ cpu: "3001m" });
    expect(firstTemplate(run, limited, { pod }).resources.limits).toMatchObject({ cpu: "4001m" });
  });
});
