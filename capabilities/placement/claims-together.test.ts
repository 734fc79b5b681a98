import { describe, expect, test } from "@jest/globals";
import type {
  V1NodeSelectorTerm,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1StorageClass,
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

const claimsFor = (...claims: string[]) => ({ volumes: volumesFor(...claims), templates: [] });

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
  const { contradictions } = claimsTogether(claimsFor(...claims), storage, template, topologyKey);
  expect(contradictions).toEqual(expected);
});

test("of two nodes, for a run over a zone, the placeholder has the first, and the other is told", () => {
  const { volumes, contradictions, notes } = claimsTogether(claimsFor("on-1", "on-2"), storage, {}, ZONE);
  expect({ volumes, contradictions }).toEqual({ volumes: volumesFor("on-1"), contradictions: [] });
  expect(notes).toEqual([expect.stringMatching(/leaves out the volume of claim on-2: .*node-1 .*node-2/)]);
});

const classIn = (name: string, ...values: string[]): V1StorageClass => ({
  metadata: { name },
  provisioner: "disks",
  allowedTopologies: [{ matchLabelExpressions: [{ key: ZONE, values }] }],
});
const CLASSES = [classIn("only-b", "b"), classIn("a-or-b", "a", "b"), { provisioner: "disks" }];
const made = (storageClassName: string) => ({
  volumes: [],
  templates: [{ what: "the volumeClaimTemplate of workspace w", storageClassName }],
});

describe("a claim that is made for the run, of a StorageClass that allows some zones only", () => {
  test.each([
    { name: "one zone", storageClassName: "only-b", template: {}, values: [["b"]] },
    { name: "two zones", storageClassName: "a-or-b", template: {}, values: [["a", "b"]] },
    {
      name: "beside what the pods demand",
      storageClassName: "only-b",
      template: { nodeSelector: { disk: "ssd" } },
      values: [["b"]],
    },
  ])("$name: the placeholder goes there", ({ storageClassName, template, values }) => {
    const found = claimsTogether(
      made(storageClassName),
      { ...storage, classes: CLASSES },
      template,
      HOSTNAME,
    );
    const required = found.template.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    const zones = required?.nodeSelectorTerms.map(({ matchExpressions }) => matchExpressions?.[0]?.values);
    expect({ zones, selector: found.template.nodeSelector }).toEqual({
      zones: values,
      selector: template.nodeSelector ?? {},
    });
    expect(found.contradictions).toEqual([]);
  });

  test("cannot be used where the pods have to be, or another claim is", () => {
    const of = "nodeAffinity of the StorageClass only-b of the volumeClaimTemplate of workspace w";
    const classes = { ...storage, classes: CLASSES };
    const inA = claimsTogether(made("only-b"), classes, { nodeSelector: { [ZONE]: "a" } }, HOSTNAME);
    expect(inA.contradictions).toEqual([`${ZONE}=a (nodeSelector of the run's pods) and ${ZONE}=b (${of})`]);
    const beside = { ...made("only-b"), volumes: volumesFor("in-a") };
    expect(claimsTogether(beside, classes, {}, HOSTNAME).contradictions).toEqual([
      `${ZONE}=a (nodeAffinity of the volume of claim in-a) and ${ZONE}=b (${of})`,
    ]);
  });

  test("an unbound claim of it is like one: the scheduler sees to it by itself", () => {
    const claims = new Map([...storage.claims, ["unbound", { spec: { storageClassName: "only-b" } }]]);
    const unbound = { ...storage, claims, classes: CLASSES } as Storage;
    const found = claimsTogether(claimsFor("in-a", "unbound"), unbound, {}, HOSTNAME);
    expect(found.contradictions).toEqual([
      `${ZONE}=a (nodeAffinity of the volume of claim in-a) and ${ZONE}=b (nodeAffinity of the StorageClass only-b of the claim unbound)`,
    ]);
    expect(claimsTogether(claimsFor("unbound"), unbound, {}, HOSTNAME).template).toEqual({});
  });
});
