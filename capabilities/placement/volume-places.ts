/**
 * Where volumes that are there can be used, in place of the volumes themselves. The attach/detach controller attaches
 * whatever stands in the `volumes` of a pod that has a node, whether a container mounts it or not (ProcessPodVolumes in
 * pkg/controller/volume/attachdetach/util, which goes through pod.Spec.Volumes): a placeholder would keep a claim that
 * one node may use attached to its node for as long as its run goes, and another pod elsewhere would wait for that.
 * A volume's node affinity says all that the scheduler asks of it, but for the count of volumes of a node.
 */
import type {
  V1Affinity,
  V1NodeSelectorTerm,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1Volume,
} from "@kubernetes/client-node";
import { objectOf, objectsOf } from "../demand/untrusted";
import { HOSTNAME_TOPOLOGY } from "../keys";
import { claimsIn, type Storage } from "./volumes";

export interface Places {
  /** Those that stay. */
  volumes: V1Volume[];
  /** Of each of the others: alternatives, one of which a node has to meet. */
  terms: V1NodeSelectorTerm[][];
  /** Claims of those others. */
  claims: string[];
}

/** Each is a term of its own for the scheduler to look at. */
const MOST_TERMS = 64;
/** They can be attached to one node at a time. */
const OF_ONE_NODE = ["ReadWriteOnce", "ReadWriteOncePod"];

const isOfOneNode = ({ spec }: V1PersistentVolumeClaim): boolean =>
  spec?.accessModes?.every(mode => OF_ONE_NODE.includes(mode)) === true;

const ZONE = "topology.kubernetes.io/zone";
const REGION = "topology.kubernetes.io/region";
/** Labels of a volume that its node has to have as well, those of before by the names that nodes have today. */
const PLACE_LABELS: Readonly<Record<string, string>> = {
  "failure-domain.beta.kubernetes.io/zone": ZONE,
  "failure-domain.beta.kubernetes.io/region": REGION,
  [ZONE]: ZONE,
  [REGION]: REGION,
};
/** Between the zones of a volume that is in several. */
const DELIMITER = "__";

/**
 * As the scheduler's plugin VolumeZone reads it (pkg/scheduler/framework/plugins/volumezone/volume_zone.go). It lets a
 * volume to nodes without any such label, too; a cluster whose volumes have them has no such nodes.
 */
function labelTerm({ metadata }: V1PersistentVolume): V1NodeSelectorTerm[] {
  const found = Object.entries(metadata?.labels ?? {}).flatMap(([label, text]) =>
    Object.hasOwn(PLACE_LABELS, label) ? [{ key: PLACE_LABELS[label]!, text }] : [],
  );
  const byKey = new Map(found.map(({ key, text }) => [key, text]));
  if (byKey.size === 0) return [];
  const matchExpressions = [...byKey].map(([key, text]) => ({
    key,
    operator: "In",
    values: text.split(DELIMITER),
  }));
  return [{ matchExpressions }];
}

/** What a volume demands of a node: none where any will do. */
export function volumeTerms(volume: V1PersistentVolume | undefined): V1NodeSelectorTerm[] {
  if (volume === undefined) return [];
  const required = objectOf(objectOf(volume.spec?.nodeAffinity)?.required);
  const terms = objectsOf(required?.nodeSelectorTerms);
  const place = labelTerm(volume);
  if (terms.length === 0 || place.length === 0) return [...terms, ...place];
  return both(terms, place);
}

/** Over a zone each pod may have a node of its own: what is demanded of more than the zone is its affair. */
function about(terms: V1NodeSelectorTerm[], topologyKey: string): V1NodeSelectorTerm[] {
  if (topologyKey === HOSTNAME_TOPOLOGY) return terms;
  const left = terms.map(({ matchExpressions = [] }) => ({
    matchExpressions: matchExpressions.filter(({ key }) => key === topologyKey),
  }));
  return left.some(({ matchExpressions }) => matchExpressions.length === 0) ? [] : left;
}

/** @param volumes each of one claim */
export function placesOf(volumes: readonly V1Volume[], storage: Storage, topologyKey: string): Places {
  const places: Places = { volumes: [], terms: [], claims: [] };
  for (const volume of volumes) {
    const [name] = claimsIn([volume]);
    const claim = storage.claims.get(name ?? "");
    const found = storage.volumes.get(claim?.spec?.volumeName ?? "");
    if (claim === undefined || found === undefined || !isOfOneNode(claim)) {
      places.volumes.push(volume);
      continue;
    }
    places.claims.push(name!);
    const terms = about(volumeTerms(found), topologyKey);
    if (terms.length > 0) places.terms.push(terms);
  }
  return places;
}

/** Each of these and each of those: a node has to meet one of both. */
const both = (some: V1NodeSelectorTerm[], others: V1NodeSelectorTerm[]): V1NodeSelectorTerm[] =>
  some.flatMap(one =>
    others.map((other): V1NodeSelectorTerm => {
      const matchExpressions = [...(one.matchExpressions ?? []), ...(other.matchExpressions ?? [])];
      const matchFields = [...(one.matchFields ?? []), ...(other.matchFields ?? [])];
      const term: V1NodeSelectorTerm = {};
      if (matchExpressions.length > 0) term.matchExpressions = matchExpressions;
      if (matchFields.length > 0) term.matchFields = matchFields;
      return term;
    }),
  );

const distinct = (terms: V1NodeSelectorTerm[]): V1NodeSelectorTerm[] => [
  ...new Map(terms.map(term => [JSON.stringify(term), term])).values(),
];

/** The affinity, for nodes where all of the places are. Of more alternatives than are looked at, the first count. */
export function withPlaces(affinity: V1Affinity, places: readonly V1NodeSelectorTerm[][]): V1Affinity {
  if (places.length === 0) return affinity;
  const { nodeAffinity } = affinity;
  const before = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [{}];
  // Volumes of one zone demand the same: once is enough.
  const asked = new Map(places.map(terms => [JSON.stringify(terms), terms]));
  let nodeSelectorTerms = before;
  for (const terms of asked.values()) {
    nodeSelectorTerms = distinct(both(nodeSelectorTerms, terms)).slice(0, MOST_TERMS);
  }
  return {
    ...affinity,
    nodeAffinity: {
      ...nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
    },
  };
}
