import { describe, expect, test } from "@jest/globals";
import type { V1Affinity, V1StatefulSet } from "@kubernetes/client-node";
import { RESERVATION_ANNOTATION } from "../keys";
import { joinsItsRun } from "../placement/placeholder-affinity";
import { firstTemplate, pinnedTemplate, settledTemplate } from "../placement/placeholder-template";
import { recordOf } from "../placement/record";
import { claimsIn } from "../placement/volumes";
import { aRun, placeholderOf, placeholderPodOf, withRecord } from "../testing/builders";
import { hasWholeTemplate, slimStatefulSet } from "./slim-stateful-set";

const KB = 1000;
const long = (characters: number) => "x".repeat(characters);
const sizeOf = (object: unknown): number => JSON.stringify(object).length;
const many = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Of a run whose pods have an affinity of their own and use claims. */
function made(affinity: V1Affinity = {}, claims: string[] = []): V1StatefulSet {
  const { run } = aRun()
    .held()
    .spec({ taskRunTemplate: { podTemplate: { affinity } } });
  const statefulSet = placeholderOf(run);
  statefulSet.spec!.template.spec!.volumes = claims.map((claimName, index) => ({
    name: `claim-${index + 1}`,
    persistentVolumeClaim: { claimName },
  }));
  return statefulSet;
}

const term = (app: string) => ({ topologyKey: "zone", labelSelector: { matchLabels: { app } } });
const onNodes = (...values: string[]): V1Affinity => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: values.map(value => ({
        matchExpressions: [{ key: "pool", operator: "In", values: [value] }],
      })),
    },
  },
});
const near = (...apps: string[]): V1Affinity => ({
  podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: apps.map(term) },
});
const apart = (...apps: string[]): V1Affinity => ({
  podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: apps.map(term) },
});

test("it keeps its reservation, its record and what its pod asks for", () => {
  const statefulSet = made();
  statefulSet.metadata!.annotations!["kubectl.kubernetes.io/last-applied-configuration"] = long(200 * KB);
  const { annotations, ownerReferences } = slimStatefulSet(statefulSet).metadata!;
  expect(Object.keys(annotations!).sort()).toEqual([
    "pod-affinity.tekton.dev/record",
    RESERVATION_ANNOTATION,
  ]);
  expect(ownerReferences).toMatchObject([{ kind: "PipelineRun", controller: true }]);
  const { containers, affinity } = slimStatefulSet(statefulSet).spec!.template.spec!;
  expect(containers[0]!.resources).toEqual(statefulSet.spec!.template.spec!.containers[0]!.resources);
  expect(joinsItsRun(affinity, statefulSet.metadata!.name!)).toBe(true);
});

describe("its template is changed as that of the whole would be", () => {
  const { run } = aRun().held();
  const pod = placeholderPodOf(run, "node-1");
  const settled = (statefulSet: V1StatefulSet): V1StatefulSet => {
    const { affinity, record } = settledTemplate(statefulSet);
    const changed = structuredClone(withRecord(statefulSet, record));
    changed.spec!.template.spec!.affinity = affinity;
    return changed;
  };

  test.each([
    { name: "with nothing of its own", statefulSet: made() },
    { name: "with nodes of its own", statefulSet: made(onNodes("a", "b")) },
    { name: "with pods that it wants beside it", statefulSet: made(near("cache")) },
    { name: "with pods that it wants beside it, settled", statefulSet: settled(made(near("cache"))) },
    { name: "with pods that it keeps away from", statefulSet: made(apart("noise")) },
    { name: "with claims", statefulSet: made({}, ["data", "cache"]) },
  ])("$name", ({ statefulSet }) => {
    const slim = slimStatefulSet(statefulSet);
    expect(hasWholeTemplate(slim)).toBe(true);
    expect(settledTemplate(slim)).toEqual(settledTemplate(statefulSet));
    const to = { pod, node: "node-1", size: {} };
    expect(pinnedTemplate(run, slim, to)).toEqual(pinnedTemplate(run, statefulSet, to));
    expect(firstTemplate(run, slim, { pod })).toEqual(firstTemplate(run, statefulSet, { pod }));
    expect(claimsIn(slim.spec!.template.spec!.volumes)).toEqual(
      claimsIn(statefulSet.spec!.template.spec!.volumes),
    );
  });
});

describe("what a tenant may make long", () => {
  const names = many(2000).map(index => `${index}${long(60)}`);
  const nearness = near(...names).podAffinity!.requiredDuringSchedulingIgnoredDuringExecution!;

  const having = (affinity: V1Affinity): V1StatefulSet => {
    const statefulSet = made();
    Object.assign(statefulSet.spec!.template.spec!.affinity!, affinity);
    return statefulSet;
  };

  test.each([
    { name: "nodes", statefulSet: having(onNodes(...names)) },
    { name: "pods that it keeps away from", statefulSet: having(apart(...names)) },
    { name: "claims", statefulSet: made({}, names) },
    { name: "pods that it wanted beside it", statefulSet: withRecord(made(), { nearness, moves: 3 }) },
  ])("costs under 40 kB, and is read where it counts: $name", ({ statefulSet }) => {
    const slim = slimStatefulSet(statefulSet);
    expect(sizeOf(slim)).toBeLessThan(40 * KB);
    expect(hasWholeTemplate(slim)).toBe(false);
    expect(hasWholeTemplate(statefulSet)).toBe(true);
    expect(recordOf(slim).moves).toBe(recordOf(statefulSet).moves);
    expect(joinsItsRun(slim.spec!.template.spec!.affinity, statefulSet.metadata!.name!)).toBe(true);
  });
});
