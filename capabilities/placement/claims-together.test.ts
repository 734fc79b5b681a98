import { expect, test } from "@jest/globals";
import type {
  V1NodeSelectorTerm,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
} from "@kubernetes/client-node";
import { claimsTogether } from "./claims-together";
import type { Storage } from "./volumes";

const HOSTNAME = "kubernetes.io/hostname";
const ZONE = "topology.kubernetes.io/zone";
const inOne = (key: string, ...values: string[]): V1NodeSelectorTerm => ({
  matchExpressions: [{ key, operator: "In", values }],
});
const claim = (volumeName: string): V1PersistentVolumeClaim => ({ spec: { volumeName } });
const volume = (...nodeSelectorTerms: V1NodeSelectorTerm[]): V1PersistentVolume => ({
  spec: { nodeAffinity: { required: { nodeSelectorTerms } } },
});
const storage: Storage = {
  claims: new Map([
    ["in-a", claim("pv-a")],
    ["in-b", claim("pv-b")],
    ["in-either", claim("pv-either")],
    ["on-1", claim("pv-1")],
    ["on-2", claim("pv-2")],
    ["anywhere", claim("pv-free")],
    ["unbound", {}],
    ["missing", undefined],
  ]),
  volumes: new Map([
    ["pv-a", volume(inOne(ZONE, "a"))],
    ["pv-b", volume(inOne(ZONE, "b"))],
    ["pv-either", volume(inOne(ZONE, "a"), inOne(ZONE, "b"))],
    ["pv-1", volume(inOne(HOSTNAME, "node-1"))],
    ["pv-2", volume(inOne(HOSTNAME, "node-2"))],
    ["pv-free", {}],
  ]),
  classes: undefined,
};
const volumesFor = (...claims: string[]) =>
  claims.map(claimName => ({ name: claimName, persistentVolumeClaim: { claimName } }));

const BOTH_ZONES = `${ZONE}=a (nodeAffinity of the volume of claim in-a) and ${ZONE}=b (nodeAffinity of the volume of claim in-b)`;
test.each([
  { name: "of one zone", claims: ["in-a", "in-either", "anywhere", "unbound", "missing"], expected: [] },
  { name: "of two zones", claims: ["in-a", "anywhere", "in-b"], expected: [BOTH_ZONES] },
  {
    name: "of another zone than the pods'",
    claims: ["in-a"],
    template: { nodeSelector: { [ZONE]: "b" } },
    expected: [
      `${ZONE}=b (nodeSelector of the run's pods) and ${ZONE}=a (nodeAffinity of the volume of claim in-a)`,
    ],
  },
  {
    name: "of two zones, for a run that is kept in one",
    claims: ["in-a", "in-b"],
    topologyKey: ZONE,
    expected: [BOTH_ZONES],
  },
])("claims $name", ({ claims, template = {}, topologyKey = HOSTNAME, expected }) => {
  const { contradictions } = claimsTogether(volumesFor(...claims), storage, template, topologyKey);
  expect(contradictions).toEqual(expected);
});

test("of two nodes, for a run over a zone, the placeholder has the first, and the other is told", () => {
  const { volumes, contradictions, notes } = claimsTogether(volumesFor("on-1", "on-2"), storage, {}, ZONE);
  expect({ volumes, contradictions }).toEqual({ volumes: volumesFor("on-1"), contradictions: [] });
  expect(notes).toEqual([expect.stringMatching(/leaves out the volume of claim on-2: .*node-1 .*node-2/)]);
});
