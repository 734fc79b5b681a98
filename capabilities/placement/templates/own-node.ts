/**
 * Terms of a run's pods that speak of the run's own pods, or of its placeholder. All of these are on one node, or in one
 * value of the run's topology-key, so some of the terms can never be met, and the placeholder can take over none.
 */
import type {
  V1NodeSelectorTerm,
  V1ObjectMeta,
  V1PodAffinityTerm,
  V1TopologySpreadConstraint,
} from "@kubernetes/client-node";
import { Effort } from "./effort";
import { COMPONENT_LABEL, HOSTNAME_TOPOLOGY, PLACEHOLDER_COMPONENT } from "../../keys";
import { isSelected, type NodeSummary } from "../never-fits";
import { whoseIs, type PodKind } from "./effective";
import {
  every,
  isTektonLabel,
  labelsOfPlaceholder,
  labelsOfPods,
  labelsOfRun,
  sameLabels,
  selectorMatch,
  sizeOfSelector,
  type Labels,
  type Match,
} from "./own-pods";

/** Where a run's pods are together. */
export interface OwnPods {
  metadata: V1ObjectMeta | undefined;
  /** The run's choice. */
  topologyKey: string;
  /** Of all pods of the run. */
  labels: readonly Labels[];
  ofKind: (kind: PodKind) => readonly Labels[];
  placeholder: Labels;
  effort: Effort;
  /** All of the cluster; undefined where nobody has looked. */
  nodes: readonly NodeSummary[] | undefined;
}

export function ownPods(
  kinds: readonly PodKind[],
  metadata: V1ObjectMeta | undefined,
  topologyKey: string,
  effort = new Effort(),
  nodes?: readonly NodeSummary[],
): OwnPods {
  const ofRun = labelsOfRun(metadata);
  const ofKinds = new Map(
    kinds.map(kind => [kind, kind.tasks.map(owner => labelsOfPods(metadata, owner, ofRun))]),
  );
  return {
    metadata,
    topologyKey,
    labels: [...ofKinds.values()].flat(),
    ofKind: kind => ofKinds.get(kind) ?? [],
    placeholder: labelsOfPlaceholder(metadata),
    effort,
    nodes,
  };
}

const sizeOfTerm = ({
  labelSelector,
  namespaceSelector,
  matchLabelKeys,
  mismatchLabelKeys,
}: V1PodAffinityTerm) =>
  sizeOfSelector(labelSelector) +
  sizeOfSelector(namespaceSelector) +
  (matchLabelKeys ?? []).length +
  (mismatchLabelKeys ?? []).length;

/** On one node, pods are in one value of every label. */
const areTogether = (topologyKey: string, own: OwnPods): boolean =>
  own.topologyKey === HOSTNAME_TOPOLOGY || own.topologyKey === topologyKey;

const NAMESPACE_LABEL = "kubernetes.io/metadata.name";

/** Whether a term of pod affinity looks at the run's namespace: GetNamespaceLabelsSnapshot and AffinityTerm.Matches. */
function meansNamespace({ namespaces, namespaceSelector }: V1PodAffinityTerm, own: OwnPods): Match {
  const namespace = own.metadata?.namespace;
  if (!namespaces?.length && namespaceSelector === undefined) return "yes";
  if (namespaces?.length && namespace === undefined) return "perhaps";
  if (namespace !== undefined && namespaces?.includes(namespace)) return "yes";
  if (namespaceSelector === undefined) return "no";
  const keys = [
    ...Object.keys(namespaceSelector.matchLabels ?? {}),
    ...(namespaceSelector.matchExpressions ?? []).map(({ key }) => key),
  ];
  // Of the namespace only one label is known.
  if (keys.some(key => key !== NAMESPACE_LABEL)) return "perhaps";
  return selectorMatch(namespaceSelector, new Map([[NAMESPACE_LABEL, namespace]]));
}

function termMatch(term: V1PodAffinityTerm, of: Labels, other: Labels, own: OwnPods): Match {
  const others = (term.mismatchLabelKeys ?? []).map((key): Match => {
    const match = sameLabels([key], of, other);
    if (!of.has(key) || match === "no") return "yes";
    return match === "yes" ? "no" : "perhaps";
  });
  return every([
    meansNamespace(term, own),
    selectorMatch(term.labelSelector, other),
    sameLabels(term.matchLabelKeys, of, other),
    ...others,
  ]);
}

/** Every two pods of more are not compared: a term that looks at both is taken to mean own pods. */
const MOST_COMPARED = 100;

/** Whether the term may mean a pod of the run itself; so it is taken when that is too much to find out. */
export function meansOwnPods(term: V1PodAffinityTerm, own: OwnPods): boolean {
  const looksAtBoth = [term.matchLabelKeys, term.mismatchLabelKeys].some(keys => keys && keys.length > 0);
  if (looksAtBoth && own.labels.length > MOST_COMPARED) return true;
  const whose = looksAtBoth ? own.labels : own.labels.slice(0, 1);
  if (!own.effort.takes(whose.length * own.labels.length * sizeOfTerm(term))) return true;
  return whose.some(labels => own.labels.some(other => termMatch(term, labels, other, own) !== "no"));
}

/**
 * Whether required pod affinity speaks of the run itself, in labels that Tekton gives: there is no such pod before the
 * run starts, and after that it is where the placeholder is.
 */
export function isAboutOwnRun(term: V1PodAffinityTerm, own: OwnPods): boolean {
  const { matchLabels = {}, matchExpressions = [] } = term.labelSelector ?? {};
  const keys = [...Object.keys(matchLabels), ...matchExpressions.map(({ key }) => key)];
  return keys.some(isTektonLabel) && meansOwnPods(term, own);
}

const WITHOUT_PLACEHOLDER = `let its labelSelector leave out ${COMPONENT_LABEL}=${PLACEHOLDER_COMPONENT}`;

function repelled(kind: PodKind, term: V1PodAffinityTerm, own: OwnPods): string[] {
  if (!areTogether(term.topologyKey, own)) return [];
  const labelsOfKind = own.ofKind(kind);
  if (!own.effort.takes(labelsOfKind.length * sizeOfTerm(term))) return [];
  const isMeant = labelsOfKind.some(labels => termMatch(term, labels, own.placeholder, own) === "yes");
  if (!isMeant) return [];
  return [
    `the required podAntiAffinity of ${whoseIs(kind)} (topologyKey ${term.topologyKey}) matches the run's own ` +
      `placeholder, beside which its pods have to be: ${WITHOUT_PLACEHOLDER}`,
  ];
}

/** The one value of the label that a term of node affinity demands; undefined when it is not one. */
function onlyValue({ matchExpressions, matchFields }: V1NodeSelectorTerm, topologyKey: string) {
  const named = topologyKey === HOSTNAME_TOPOLOGY ? (matchFields ?? []) : [];
  const demands = [...(matchExpressions ?? []).filter(({ key }) => key === topologyKey), ...named];
  return demands.find(({ operator, values }) => operator === "In" && values?.length === 1)?.values![0];
}

/** Whether all nodes that the pod may use have one value of the label, so that there is nothing to spread over. */
function isPinned({ nodeSelector, affinity }: PodKind["template"], topologyKey: string): boolean {
  if (Object.hasOwn(nodeSelector ?? {}, topologyKey)) return true;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const values = new Set((required?.nodeSelectorTerms ?? []).map(term => onlyValue(term, topologyKey)));
  return values.size === 1 && !values.has(undefined);
}

/**
 * Whether a cluster's nodes leave one value to spread over: where there is one zone, no pod is kept out of it. Nodes come
 * and go, and so does their number; zones stay.
 */
function hasOneValue(
  kind: PodKind,
  { topologyKey, minDomains = 1 }: V1TopologySpreadConstraint,
  own: OwnPods,
) {
  if (topologyKey === HOSTNAME_TOPOLOGY || own.nodes === undefined || minDomains > 1) return false;
  const pod = { ...kind.template, containers: [] };
  const nodes = own.nodes.filter(node => Object.hasOwn(node.labels, topologyKey) && isSelected(node, pod));
  return new Set(nodes.map(({ labels }) => labels[topologyKey])).size === 1;
}

/**
 * A pod may come where, with it, there are at most maxSkew more matching pods than where there are fewest, and that is
 * taken to be none: Filter in kube-scheduler's plugins/podtopologyspread/filtering.go. The placeholder is there always.
 */
function spread(kind: PodKind, constraint: V1TopologySpreadConstraint, own: OwnPods): string[] {
  const { topologyKey, whenUnsatisfiable, maxSkew, labelSelector, matchLabelKeys } = constraint;
  if (whenUnsatisfiable !== "DoNotSchedule" || !(maxSkew < 2) || !areTogether(topologyKey, own)) return [];
  const countsOwnNodes = constraint.nodeAffinityPolicy !== "Ignore";
  if (countsOwnNodes && isPinned(kind.template, topologyKey)) return [];
  if (countsOwnNodes && hasOneValue(kind, constraint, own)) return [];
  const { placeholder } = own;
  const labelsOfKind = own.ofKind(kind);
  const size = 2 * sizeOfSelector(labelSelector) + (matchLabelKeys ?? []).length;
  if (!own.effort.takes(labelsOfKind.length * size)) return [];
  const isNever = labelsOfKind.some(
    labels =>
      selectorMatch(labelSelector, labels) === "yes" &&
      selectorMatch(labelSelector, placeholder) === "yes" &&
      sameLabels(matchLabelKeys, labels, placeholder) === "yes",
  );
  if (!isNever) return [];
  return [
    `topologySpreadConstraints of ${whoseIs(kind)} (topologyKey ${topologyKey}, maxSkew ${maxSkew}, DoNotSchedule) ` +
      `spreads its pods over nodes, and counts the run's own placeholder, beside which they have to be: set ` +
      `whenUnsatisfiable to ScheduleAnyway, or ${WITHOUT_PLACEHOLDER}`,
  ];
}

/** Why pods of the run could never be where its placeholder is, and what to do. */
export function neverBesidePlaceholder(kinds: readonly PodKind[], own: OwnPods): string[] {
  return kinds.flatMap(kind => {
    const { affinity, topologySpreadConstraints } = kind.template;
    const terms = affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    return [
      ...terms.flatMap(term => repelled(kind, term, own)),
      ...(topologySpreadConstraints ?? []).flatMap(constraint => spread(kind, constraint, own)),
    ];
  });
}

/** Whether it depends on the zones that there are; over nodes, of which there may be more at any time, it does not. */
export const spreadsOverZones = (kinds: readonly PodKind[]): boolean =>
  kinds.some(({ template }) =>
    template.topologySpreadConstraints?.some(
      ({ topologyKey, whenUnsatisfiable }) =>
        topologyKey !== HOSTNAME_TOPOLOGY && whenUnsatisfiable === "DoNotSchedule",
    ),
  );
