/** Whether there is no node, however empty, where all that a run needs at once has room. */
import type {
  V1Node,
  V1NodeSelectorRequirement,
  V1NodeSelectorTerm,
  V1Pod,
  V1PodSpec,
  V1Taint,
  V1Toleration,
} from "@kubernetes/client-node";
import {
  amountOf,
  exceeds,
  InvalidQuantity,
  parseQuantity,
  toQuantities,
  type Resources,
} from "../demand/resources";
import { KEY_PREFIX } from "../keys";
import type { Warning } from "../tekton/warning";
import { podRequests } from "../room/pod-requests";

/** What of a node decides who may use it. */
export interface NodeSummary {
  name: string;
  labels: Record<string, string>;
  taints: V1Taint[];
  allocatable: Resources;
}

/** What cannot be reckoned with counts as plenty. */
function amount(resource: string, quantity: string): number {
  try {
    return parseQuantity(resource, quantity);
  } catch (error) {
    if (error instanceof InvalidQuantity) return Number.MAX_SAFE_INTEGER;
    throw error;
  }
}

export const summaryOf = ({ metadata, spec, status }: V1Node): NodeSummary => ({
  name: metadata!.name!,
  labels: metadata?.labels ?? {},
  taints: spec?.taints ?? [],
  allocatable: Object.fromEntries(
    Object.entries(status?.allocatable ?? {}).map(([name, quantity]) => [name, amount(name, quantity)]),
  ),
});

/** Gt and Lt compare whole numbers (component-helpers/scheduling/corev1/nodeaffinity). */
function meets(value: string | undefined, { operator, values = [] }: V1NodeSelectorRequirement): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return value !== undefined && Number(value) > Number(values[0]);
    case "Lt":
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return true;
  }
}

/** One without any expression matches no node. */
function meetsTerm(
  node: NodeSummary,
  { matchExpressions = [], matchFields = [] }: V1NodeSelectorTerm,
): boolean {
  return (
    matchExpressions.length + matchFields.length > 0 &&
    matchExpressions.every(expression => meets(node.labels[expression.key], expression)) &&
    matchFields.every(field => meets(node.name, field))
  );
}

export function isSelected(node: NodeSummary, { nodeSelector = {}, affinity }: V1PodSpec): boolean {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return (
    Object.entries(nodeSelector).every(([key, value]) => node.labels[key] === value) &&
    (required === undefined || required.nodeSelectorTerms.some(term => meetsTerm(node, term)))
  );
}

/** Operators other than Equal and Exists are newer than this; they count as met. */
export const tolerates = ({ key, operator, value, effect }: V1Toleration, taint: V1Taint): boolean =>
  (!effect || effect === taint.effect) &&
  (!key || key === taint.key) &&
  ((operator ?? "Equal") !== "Equal" || (value ?? "") === (taint.value ?? ""));

/** Those that Kubernetes sets and takes away by itself, as while a node is cordoned or not ready, are not for ever. */
export const comesAndGoes = ({ key }: V1Taint): boolean =>
  /^node\.(?:cloudprovider\.)?kubernetes\.io\//.test(key);

export const isTolerated = ({ taints }: NodeSummary, { tolerations = [] }: V1PodSpec): boolean =>
  taints
    .filter(taint => taint.effect !== "PreferNoSchedule" && !comesAndGoes(taint))
    .every(taint => tolerations.some(toleration => tolerates(toleration, taint)));

/** How many times what the node has is asked for, of the resource of which it is shortest. */
const shortage = (asked: Resources, { allocatable }: NodeSummary): number =>
  Math.max(...Object.entries(asked).map(([name, amount]) => amount / amountOf(allocatable, name)));

const listed = (resources: Resources, names: string[]): string =>
  names.map(name => `${name} ${toQuantities({ [name]: amountOf(resources, name) })[name]}`).join(", ");

/**
 * @param pod the placeholder's, which asks for all that the run needs at once
 * @param nodes all of the cluster
 * @returns what is to be said of it; undefined when it fits into some node once that is empty
 */
export function neverFits(pod: V1Pod, nodes: readonly NodeSummary[]): Warning | undefined {
  const asked = Object.fromEntries(Object.entries(podRequests(pod)).filter(([, amount]) => amount > 0));
  const names = Object.keys(asked);
  const usable = nodes.filter(node => isSelected(node, pod.spec!) && isTolerated(node, pod.spec!));
  if (usable.some(({ allocatable }) => exceeds(asked, allocatable).length === 0)) return undefined;
  const largest = [...usable].sort((a, b) => shortage(asked, a) - shortage(asked, b))[0];
  const found =
    largest === undefined
      ? `none of the ${nodes.length} nodes may be used by it (node selector, node affinity, taints)`
      : `the largest of the ${usable.length} nodes that it may use, ${largest.name}, has ${listed(largest.allocatable, names)}`;
  return {
    reason: "NeverFits",
    about: listed(asked, names),
    message:
      `The run needs more at once than any node has: it asks for ${listed(asked, names)}; ${found}. ` +
      `Add a larger node, let fewer of its tasks run at once, or correct what its ` +
      `tasks ask for (${KEY_PREFIX}requests states it in their place).`,
  };
}
