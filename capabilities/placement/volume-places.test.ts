import { describe, expect, test } from "@jest/globals";
import type {
  V1NodeSelectorTerm,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
} from "@kubernetes/client-node";
import { HOSTNAME_TOPOLOGY } from "../keys";
import { placesOf, volumeTerms, withPlaces } from "./volume-places";
import type { Storage } from "./volumes";

const inZone = (...values: string[]): V1NodeSelectorTerm => ({
  matchExpressions: [{ key: "zone", operator: "In", values }],
});
const onNode = (name: string): V1NodeSelectorTerm => ({
  matchExpressions: [
    { key: "zone", operator: "In", values: ["a"] },
    { key: "host", operator: "In", values: [name] },
  ],
});

interface Disk {
  modes?: string[];
  terms?: V1NodeSelectorTerm[];
  isUnbound?: boolean;
}

function of(disks: Record<string, Disk>) {
  const claims = new Map<string, V1PersistentVolumeClaim | undefined>();
  const volumes = new Map<string, V1PersistentVolume | undefined>();
  for (const [name, { modes = ["ReadWriteOnce"], terms, isUnbound }] of Object.entries(disks)) {
    claims.set(name, { spec: { accessModes: modes, ...(!isUnbound && { volumeName: `pv-${name}` }) } });
    const nodeAffinity = terms && { required: { nodeSelectorTerms: terms } };
    if (!isUnbound) volumes.set(`pv-${name}`, { spec: { ...(nodeAffinity && { nodeAffinity }) } });
  }
  const storage: Storage = { claims, volumes, classes: undefined };
  const declared = Object.keys(disks).map(claimName => ({
    name: claimName,
    persistentVolumeClaim: { claimName },
  }));
  return { declared, storage };
}

const found = (disks: Record<string, Disk>, topologyKey = HOSTNAME_TOPOLOGY) => {
  const { declared, storage } = of(disks);
  const { volumes, ...rest } = placesOf(declared, storage, topologyKey);
  return { ...rest, volumes: volumes.map(({ name }) => name) };
};

describe("of a claim", () => {
  test.each([
    {
      what: "that one node may use, the place counts",
      disk: { terms: [inZone("a")] },
      is: { volumes: [], terms: [[inZone("a")]], claims: ["c"] },
    },
    { what: "that is usable anywhere, nothing", disk: {}, is: { volumes: [], terms: [], claims: ["c"] } },
    {
      what: "that one pod may use, the place counts",
      disk: { modes: ["ReadWriteOncePod"], terms: [inZone("a")] },
      is: { volumes: [], terms: [[inZone("a")]], claims: ["c"] },
    },
    {
      what: "that many nodes may use, the volume stays",
      disk: { modes: ["ReadWriteOnce", "ReadWriteMany"], terms: [inZone("a")] },
      is: { volumes: ["c"], terms: [], claims: [] },
    },
    {
      what: "that has no volume yet, the claim stays",
      disk: { isUnbound: true },
      is: { volumes: ["c"], terms: [], claims: [] },
    },
  ])("$what", ({ disk, is }) => {
    expect(found({ c: disk })).toEqual(is);
  });
});

describe("labels of a volume say where it is, as its node affinity does", () => {
  const ZONE = "topology.kubernetes.io/zone";
  const REGION = "topology.kubernetes.io/region";
  const isIn = (key: string, ...values: string[]) => ({ key, operator: "In", values });

  test.each<{ what: string; labels: Record<string, string>; terms?: V1NodeSelectorTerm[]; is: object[] }>([
    { what: "a zone", labels: { [ZONE]: "a" }, is: [{ matchExpressions: [isIn(ZONE, "a")] }] },
    {
      what: "zones of several, by their names of before",
      labels: { "failure-domain.beta.kubernetes.io/zone": "a__b" },
      is: [{ matchExpressions: [isIn(ZONE, "a", "b")] }],
    },
    {
      what: "beside its node affinity",
      labels: { [REGION]: "north" },
      terms: [inZone("a"), inZone("b")],
      is: ["a", "b"].map(zone => ({
        matchExpressions: [...inZone(zone).matchExpressions!, isIn(REGION, "north")],
      })),
    },
    { what: "other labels say nothing", labels: { zone: "a" }, is: [] },
  ])("$what", ({ labels, terms, is }) => {
    const nodeAffinity = terms && { required: { nodeSelectorTerms: terms } };
    expect(volumeTerms({ metadata: { labels }, spec: { ...(nodeAffinity && { nodeAffinity }) } })).toEqual(
      is,
    );
  });
});

test("over a zone only the zone counts: each pod may have a node of its own", () => {
  expect(found({ c: { terms: [onNode("n")] } }, "zone").terms).toEqual([[inZone("a")]]);
  expect(found({ c: { terms: [onNode("n")] } }, "rack").terms).toEqual([]);
});

describe("places become required node affinity", () => {
  const terms = (affinity: object, ...places: V1NodeSelectorTerm[][]) =>
    withPlaces(affinity, places).nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
      ?.nodeSelectorTerms;
  const required = (...nodeSelectorTerms: V1NodeSelectorTerm[]) => ({
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  });
  const gpu = { key: "gpu", operator: "Exists" };

  test("alone", () => expect(terms({}, [inZone("a")])).toEqual([inZone("a")]));
  test("beside what is required already, each with each", () =>
    expect(terms(required({ matchExpressions: [gpu] }), [inZone("a"), inZone("b")])).toEqual([
      { matchExpressions: [gpu, ...inZone("a").matchExpressions!] },
      { matchExpressions: [gpu, ...inZone("b").matchExpressions!] },
    ]));
  test("once, where many volumes are of one zone", () =>
    expect(terms({}, [inZone("a")], [inZone("a")])).toEqual([inZone("a")]));
  test("and no more of them than a scheduler can bear", () => {
    const many = ["a", "b", "c", "d", "e"].map(one => ["1", "2", "3", "4"].map(two => inZone(one + two)));
    expect(terms({}, ...many)).toHaveLength(64);
  });
  test("none, nothing", () => expect(withPlaces({}, [])).toEqual({}));
});
