/**
 * What a placeholder has to take over from the pod templates of its run, so that the node that it finds
 * is one where every pod of the run may go.
 */
import type { V1Affinity, V1NodeSelectorTerm, V1Toleration } from "@kubernetes/client-node";
import type { PipelineRunSpec, PodTemplate } from "../tekton/objects";
import { requiredPodTerms } from "./required-term";

/** Most ways to satisfy the node affinities of all templates together; more are not multiplied out. */
const MOST_NODE_SELECTOR_TERMS = 100;

export interface UnitedTemplate {
  template: PodTemplate;
  /** Sentences about demands that no one node can meet; empty when there are none. */
  contradictions: string[];
}

const distinct = <T>(items: T[]): T[] => [
  ...new Map(items.map(item => [JSON.stringify(item), item])).values(),
];

/**
 * The template of each kind of pod of the run: the run's own, and the run's overlaid, field by field,
 * with that of each taskRunSpec, as Tekton merges them (MergePodTemplateWithDefault).
 */
export function effectiveTemplates(spec: PipelineRunSpec | undefined): PodTemplate[] {
  const common = spec?.taskRunTemplate?.podTemplate ?? {};
  const special = (spec?.taskRunSpecs ?? []).flatMap(({ podTemplate }) =>
    podTemplate ? [{ ...common, ...podTemplate }] : [],
  );
  return distinct([common, ...special]);
}

/** The names of all priority classes in use; undefined stands for the cluster's default. */
export function priorityClassNames(spec: PipelineRunSpec | undefined): (string | undefined)[] {
  return distinct(effectiveTemplates(spec).map(template => template.priorityClassName || undefined));
}

function uniteNodeSelectors(templates: PodTemplate[]): [Record<string, string>, string[]] {
  const united: Record<string, string> = {};
  const contradictions: string[] = [];
  for (const [key, value] of templates.flatMap(template => Object.entries(template.nodeSelector ?? {}))) {
    const other = united[key];
    if (other !== undefined && other !== value) {
      contradictions.push(`one pod template wants nodes with ${key}=${other}, another ${key}=${value}`);
    }
    united[key] ??= value;
  }
  return [united, distinct(contradictions)];
}

function commonTolerations(templates: PodTemplate[]): V1Toleration[] {
  const [first, ...others] = templates.map(template => template.tolerations ?? []);
  const has = (tolerations: V1Toleration[], wanted: V1Toleration) =>
    tolerations.some(toleration => JSON.stringify(toleration) === JSON.stringify(wanted));
  return distinct(first ?? []).filter(toleration => others.every(other => has(other, toleration)));
}

/** Of each template one term has to be met, so together: each way to pick one of each. */
function bothTerms(left: V1NodeSelectorTerm, right: V1NodeSelectorTerm): V1NodeSelectorTerm {
  const joined = {
    matchExpressions: distinct([...(left.matchExpressions ?? []), ...(right.matchExpressions ?? [])]),
    matchFields: distinct([...(left.matchFields ?? []), ...(right.matchFields ?? [])]),
  };
  return {
    ...(joined.matchExpressions.length > 0 && { matchExpressions: joined.matchExpressions }),
    ...(joined.matchFields.length > 0 && { matchFields: joined.matchFields }),
  };
}

/** A term without expressions matches no node. */
const matchesSomething = (term: V1NodeSelectorTerm): boolean =>
  (term.matchExpressions ?? []).length > 0 || (term.matchFields ?? []).length > 0;

function uniteRequiredNodeAffinity(affinities: V1Affinity[]): [V1NodeSelectorTerm[], string[]] {
  const demands = distinct(
    affinities
      .map(affinity => affinity.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution)
      .flatMap(required => (required ? [required.nodeSelectorTerms.filter(matchesSomething)] : [])),
  );
  if (demands.some(terms => terms.length === 0)) {
    return [[], ["a required node affinity has no term with an expression, so it matches no node"]];
  }
  const ways = demands.reduce((product, terms) => product * terms.length, 1);
  if (ways > MOST_NODE_SELECTOR_TERMS) {
    const text = `the node affinities of the pod templates combine in ${ways} ways, more than the ${MOST_NODE_SELECTOR_TERMS} that are tried`;
    return [demands[0] ?? [], [text]];
  }
  const combined = demands.reduce<V1NodeSelectorTerm[]>(
    (terms, more) =>
      terms.length === 0 ? more : distinct(terms.flatMap(left => more.map(right => bothTerms(left, right)))),
    [],
  );
  return [combined, []];
}

function unitePodTerms(affinities: V1Affinity[], kind: "podAffinity" | "podAntiAffinity") {
  const required = distinct(
    affinities.flatMap(affinity => affinity[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
  );
  const preferred = distinct(
    affinities.flatMap(affinity => affinity[kind]?.preferredDuringSchedulingIgnoredDuringExecution ?? []),
  );
  return {
    ...(required.length > 0 && { requiredDuringSchedulingIgnoredDuringExecution: required }),
    ...(preferred.length > 0 && { preferredDuringSchedulingIgnoredDuringExecution: preferred }),
  };
}

/** One pod has to match all required terms together, see required-term.ts; so there can be one demand only. */
function podAffinityClash(affinities: V1Affinity[]): string[] {
  const demands = distinct(affinities.map(requiredPodTerms).filter(terms => terms.length > 0));
  return demands.length > 1 ? ["the pod templates require affinity to different pods"] : [];
}

function uniteAffinities(templates: PodTemplate[]): [V1Affinity, string[]] {
  const affinities = templates.flatMap(template => (template.affinity ? [template.affinity] : []));
  const [nodeSelectorTerms, contradictions] = uniteRequiredNodeAffinity(affinities);
  const preferredNodes = distinct(
    affinities.flatMap(
      affinity => affinity.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [],
    ),
  );
  const affinity: V1Affinity = {
    nodeAffinity: {
      ...(nodeSelectorTerms.length > 0 && {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
      }),
      ...(preferredNodes.length > 0 && { preferredDuringSchedulingIgnoredDuringExecution: preferredNodes }),
    },
    podAffinity: unitePodTerms(affinities, "podAffinity"),
    podAntiAffinity: unitePodTerms(affinities, "podAntiAffinity"),
  };
  return [affinity, [...contradictions, ...podAffinityClash(affinities)]];
}

/** The one value that all templates agree on. */
function agreed(
  templates: PodTemplate[],
  field: "schedulerName" | "runtimeClassName",
): [string | undefined, string[]] {
  const values = distinct(templates.map(template => template[field] || undefined));
  const text = `the pod templates name different values of ${field}: ${values.map(value => value ?? "(none)").join(", ")}`;
  // Runtime classes may differ between pods of one node; different schedulers know nothing of each other.
  return [values[0], field === "schedulerName" && values.length > 1 ? [text] : []];
}

/**
 * One template for the placeholder: node selectors, node affinities and pod affinities of all templates
 * together, only the tolerations that all of them have, and the highest priority, because the
 * scheduler never preempts for a pod that is tied to one of lower priority.
 *
 * @param priorityOf the value of a priority class; undefined names the cluster's default
 */
export function unitePodTemplates(
  spec: PipelineRunSpec | undefined,
  priorityOf: (className: string | undefined) => number,
): UnitedTemplate {
  const templates = effectiveTemplates(spec);
  const [nodeSelector, selectorsClash] = uniteNodeSelectors(templates);
  const [affinity, affinitiesClash] = uniteAffinities(templates);
  const [schedulerName, schedulersClash] = agreed(templates, "schedulerName");
  const [runtimeClassName] = agreed(templates, "runtimeClassName");
  const priorityClassName = priorityClassNames(spec).reduce((highest, name) =>
    priorityOf(name) > priorityOf(highest) ? name : highest,
  );
  const template: PodTemplate = {
    nodeSelector,
    tolerations: commonTolerations(templates),
    affinity,
    imagePullSecrets: distinct(templates.flatMap(({ imagePullSecrets }) => imagePullSecrets ?? [])),
    ...(priorityClassName !== undefined && { priorityClassName }),
    ...(schedulerName !== undefined && { schedulerName }),
    ...(runtimeClassName !== undefined && { runtimeClassName }),
  };
  return { template, contradictions: [...selectorsClash, ...affinitiesClash, ...schedulersClash] };
}
