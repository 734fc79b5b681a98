import { expect, test } from "@jest/globals";
import type { NodeSummary } from "./never-fits";
import { valuesWithAll, within } from "./zones";

const ZONE = "topology.kubernetes.io/zone";
const node = (zone: string, arch: string, taint?: string): NodeSummary => ({
  name: `${zone}-${arch}`,
  labels: { [ZONE]: zone, arch },
  taints: taint === undefined ? [] : [{ key: taint, effect: "NoSchedule" }],
  allocatable: {},
});
const onArch = (arch: string) => ({ nodeSelector: { arch } });
const nodes = [
  node("a", "amd64"),
  node("b", "amd64"),
  node("b", "arm64"),
  node("c", "amd64"),
  node("c", "arm64", "spot"),
  { name: "nowhere", labels: { arch: "arm64" }, taints: [], allocatable: {} },
];
const SPOT = { tolerations: [{ key: "spot", operator: "Exists" }] };

test.each([
  { name: "one kind", kinds: [onArch("amd64")], expected: ["a", "b", "c"] },
  { name: "two kinds", kinds: [onArch("amd64"), onArch("arm64")], expected: ["b"] },
  {
    name: "two kinds, one of which tolerates a taint",
    kinds: [onArch("amd64"), { ...onArch("arm64"), ...SPOT }],
    expected: ["b", "c"],
  },
  { name: "a kind that no node is of", kinds: [onArch("amd64"), onArch("s390x")], expected: [] },
])("zones that have nodes of $name", ({ kinds, expected }) => {
  expect(valuesWithAll(kinds, nodes, ZONE)).toEqual(expected);
});

const inZone = { key: ZONE, operator: "In", values: ["b"] };
test("an affinity is narrowed in each of its terms, and has one where it had none", () => {
  const required = (...nodeSelectorTerms: object[]) => ({
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  });
  const gpu = { key: "gpu", operator: "Exists" };
  const field = { key: "metadata.name", operator: "In", values: ["n"] };
  expect(within(undefined, ZONE, ["b"])).toEqual(required({ matchExpressions: [inZone] }));
  expect(
    within(required({ matchExpressions: [gpu] }, { matchFields: [field] }) as never, ZONE, ["b"]),
  ).toEqual(
    required({ matchExpressions: [gpu, inZone] }, { matchFields: [field], matchExpressions: [inZone] }),
  );
});
