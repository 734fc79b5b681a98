/**
 * Which nodes a pod demands, and which ones several pods demand together. A node has to match the node selector and one
 * term of the required node affinity (GetRequiredNodeAffinity in component-helpers' scheduling/corev1/nodeaffinity).
 */
import type { V1NodeSelectorRequirement, V1NodeSelectorTerm } from "@kubernetes/client-node";
import type { PodTemplate } from "../../tekton/objects";
import { Effort } from "./effort";
import { canBeMet, describeDemand, type LabelDemand } from "./node-label";

/** Most ways to meet the node affinities of all templates together, and most that are tried to find them. */
const MOST_TERMS = 100;
const MOST_WAYS = 100 * MOST_TERMS;
const MOST_TOLD = 3;
/** Demands on one label among which the ones that matter are looked for. */
const MOST_COMPARED = 10;

/** Any of these ways is enough; in each, all demands have to be met. */
export interface NodeRequirement {
  selector: LabelDemand[];
  /** Undefined: the node selector is all. */
  terms: LabelDemand[][] | undefined;
}

export const NO_REQUIREMENT: NodeRequirement = { selector: [], terms: undefined };

const demandsOf = (
  requirements: readonly V1NodeSelectorRequirement[] | undefined,
  isField: boolean,
  origin: string,
): LabelDemand[] =>
  (requirements ?? []).map(({ key, operator, values }) => ({
    key,
    isField,
    operator,
    values: new Set(values ?? []),
    origin,
  }));

/**
 * @param template without anything that the API server refuses, see refused.ts
 * @param whose for people: `build`
 */
export function requirementOf({ nodeSelector, affinity }: PodTemplate, whose: string): NodeRequirement {
  const selector = Object.entries(nodeSelector ?? {}).map(([key, value]) => ({
    key,
    isField: false,
    operator: "In",
    values: new Set([value]),
    origin: `nodeSelector of ${whose}`,
  }));
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const origin = `nodeAffinity of ${whose}`;
  const terms = required?.nodeSelectorTerms.map(({ matchExpressions, matchFields }) => [
    ...demandsOf(matchExpressions, false, origin),
    ...demandsOf(matchFields, true, origin),
  ]);
  // A term without expressions matches no node.
  return { selector, terms: terms?.filter(term => term.length > 0) };
}

const labelOf = ({ key, isField }: LabelDemand): string => `${isField ? "field" : "label"} ${key}`;
const meaningOf = ({ key, isField, operator, values }: LabelDemand): string =>
  JSON.stringify([isField, key, operator, [...values].sort()]);

const distinctBy = <T>(items: readonly T[], identity: (item: T) => string): T[] =>
  [...new Map(items.map(item => [identity(item), item] as const).reverse()).values()].reverse();
const distinctDemands = (demands: readonly LabelDemand[]): LabelDemand[] => distinctBy(demands, meaningOf);
const distinctTerms = (terms: readonly LabelDemand[][]): LabelDemand[][] =>
  distinctBy(terms, term => JSON.stringify(term.map(meaningOf).sort()));

type ByLabel = ReadonlyMap<string, readonly LabelDemand[]>;

function byLabelOf(demands: readonly LabelDemand[]): ByLabel {
  const byLabel = new Map<string, LabelDemand[]>();
  for (const demand of demands) {
    const label = labelOf(demand);
    const others = byLabel.get(label);
    if (others) others.push(demand);
    else byLabel.set(label, [demand]);
  }
  return byLabel;
}

/** Each value of one is held against all of them. */
const costOf = (demands: readonly LabelDemand[]): number =>
  demands.reduce((sum, { values }) => sum + 1 + values.size, 0) *
  (1 + (demands.find(({ operator }) => operator === "In")?.values.size ?? 0));

/**
 * The demands on one label that exclude each other; undefined when a node can meet all.
 *
 * @param selected further ones, which do not exclude each other
 */
function clashIn(demands: ByLabel, selected: ByLabel, effort: Effort): LabelDemand[] | undefined {
  for (const [label, some] of demands) {
    const others = [...(selected.get(label) ?? []), ...some];
    if (!effort.takes(costOf(others))) return undefined;
    if (!canBeMet(others)) return fewestOf(others);
  }
  return undefined;
}

/** Without those demands that the clash does not need, so that people read of the ones that matter. */
function fewestOf(clash: LabelDemand[]): LabelDemand[] {
  if (clash.length > MOST_COMPARED) return clash;
  let few = clash;
  for (const demand of clash) {
    const without = few.filter(other => other !== demand);
    if (without.length > 0 && !canBeMet(without)) few = without;
  }
  return few;
}

export interface Contradiction {
  /** For people. */
  text: string;
  /** The label that no node can have right; undefined where it is not one label. */
  key: string | undefined;
}

const contradictionOf = (clash: readonly LabelDemand[]): Contradiction => ({
  text: clash.slice(0, MOST_COMPARED).map(describeDemand).join(" and "),
  key: clash[0]?.key,
});

export interface United {
  requirement: NodeRequirement;
  /** Demands that no node can meet; empty when there are none. */
  contradictions: Contradiction[];
}

const distinctTexts = (contradictions: readonly Contradiction[]): Contradiction[] =>
  distinctBy(contradictions, ({ text }) => text);

const tooManyWays = (ways: number, whose: string): Contradiction => ({
  text: `with the nodeAffinity of ${whose} there are ${ways} ways to place the run, more than are tried`,
  key: undefined,
});

const NO_TERM = "has no term with an expression, so it matches no node";

const TOO_MUCH: Contradiction = {
  text: "the node selectors and node affinities of the pod templates are more than are compared",
  key: undefined,
};

/** What both demand. Terms that no node can match are left out: each way is an alternative. */
function both(left: NodeRequirement, right: NodeRequirement, whose: string, effort: Effort): United {
  const selector = distinctDemands([...left.selector, ...right.selector]);
  const selected = byLabelOf(selector);
  const clash = clashIn(selected, new Map(), effort);
  if (clash) return { requirement: left, contradictions: [contradictionOf(clash)] };
  if (left.terms === undefined && right.terms === undefined) {
    return { requirement: { selector, terms: undefined }, contradictions: [] };
  }
  if (right.terms?.length === 0) {
    const text = `the required nodeAffinity of ${whose} ${NO_TERM}`;
    return { requirement: left, contradictions: [{ text, key: undefined }] };
  }
  const ways = (left.terms?.length ?? 1) * (right.terms?.length ?? 1);
  if (ways > MOST_WAYS) return { requirement: left, contradictions: [tooManyWays(ways, whose)] };
  const possible: LabelDemand[][] = [];
  const clashes: Contradiction[] = [];
  for (const one of left.terms ?? [[]]) {
    for (const other of right.terms ?? [[]]) {
      if (!effort.takes(one.length + other.length)) return { requirement: left, contradictions: [TOO_MUCH] };
      const way = distinctDemands([...one, ...other]);
      const excluded = clashIn(byLabelOf(way), selected, effort);
      if (excluded) clashes.push(contradictionOf(excluded));
      else possible.push(way);
    }
  }
  const terms = distinctTerms(possible);
  if (terms.length === 0) {
    return { requirement: left, contradictions: distinctTexts(clashes).slice(0, MOST_TOLD) };
  }
  if (terms.length > MOST_TERMS && left.terms && right.terms) {
    return { requirement: left, contradictions: [tooManyWays(terms.length, whose)] };
  }
  return { requirement: { selector, terms }, contradictions: [] };
}

/**
 * What all of them demand together. One that contradicts those before it is told and left out.
 *
 * @param templates with the name of whose each is
 */
export function uniteRequirements(
  templates: readonly { whose: string; template: PodTemplate }[],
  effort = new Effort(),
): United {
  let united: NodeRequirement = NO_REQUIREMENT;
  const contradictions: Contradiction[] = [];
  for (const { whose, template } of templates) {
    if (effort.isSpent) break;
    const next = both(united, requirementOf(template, whose), whose, effort);
    united = next.requirement;
    contradictions.push(...next.contradictions);
  }
  if (effort.isSpent) contradictions.push(TOO_MUCH);
  return { requirement: united, contradictions: distinctTexts(contradictions) };
}

const asRequirement = ({ key, operator, values }: LabelDemand): V1NodeSelectorRequirement => ({
  key,
  operator,
  ...(values.size > 0 && { values: [...values] }),
});

function asTerm(demands: readonly LabelDemand[]): V1NodeSelectorTerm {
  const expressions = demands.filter(({ isField }) => !isField).map(asRequirement);
  const fields = demands.filter(({ isField }) => isField).map(asRequirement);
  return {
    ...(expressions.length > 0 && { matchExpressions: expressions }),
    ...(fields.length > 0 && { matchFields: fields }),
  };
}

/** As it stands in a pod. */
export function asPlacement({ selector, terms }: NodeRequirement): {
  nodeSelector: Record<string, string>;
  nodeSelectorTerms: V1NodeSelectorTerm[];
} {
  return {
    nodeSelector: Object.fromEntries(selector.map(({ key, values }) => [key, [...values][0]!])),
    nodeSelectorTerms: (terms ?? []).map(asTerm),
  };
}
