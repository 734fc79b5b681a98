/**
 * Which pods a ResourceQuota counts. Source: Kubernetes' pkg/quota/v1/evaluator/core/pods.go, podMatchesScopeFunc, and
 * pkg/quota/v1/generic/evaluator.go, getScopeSelectorsFromQuota: a pod has to match every scope.
 */
import type {
  V1Affinity,
  V1PodAffinityTerm,
  V1ResourceQuota,
  V1ScopedResourceSelectorRequirement,
} from "@kubernetes/client-node";
import type { DemandedOfContainer } from "../demand/pipeline-spec";

/** What of a pod decides it; undefined where that is not known in advance. */
export interface CountedPod {
  /** It has an activeDeadlineSeconds. */
  hasDeadline: boolean;
  isBestEffort: boolean | undefined;
  priorityClassName: string | undefined;
  /** Some term of its pod affinity or anti-affinity looks at other namespaces. */
  looksAtOthers: boolean | undefined;
}

/** Tekton gives each of its pods a deadline: pkg/pod/pod.go, MaxActiveDeadlineSeconds where the TaskRun has none. */
export const POD_OF_TEKTON: CountedPod = {
  hasDeadline: true,
  isBestEffort: undefined,
  priorityClassName: undefined,
  looksAtOthers: undefined,
};

const looksAtOthers = ({ namespaces, namespaceSelector }: V1PodAffinityTerm): boolean =>
  (namespaces ?? []).length > 0 || namespaceSelector !== undefined;

/** usesCrossNamespacePodAffinity: required and preferred terms, of affinity and anti-affinity. */
export function crossesNamespaces({ podAffinity, podAntiAffinity }: V1Affinity): boolean {
  return [podAffinity, podAntiAffinity].some(
    terms =>
      terms?.requiredDuringSchedulingIgnoredDuringExecution?.some(looksAtOthers) === true ||
      terms?.preferredDuringSchedulingIgnoredDuringExecution?.some(({ podAffinityTerm }) =>
        looksAtOthers(podAffinityTerm),
      ) === true,
  );
}

export const CROSS_NAMESPACE = "CrossNamespacePodAffinity";

export type Counts = "yes" | "no" | "perhaps";
const known = (is: boolean | undefined): Counts => (is === undefined ? "perhaps" : is ? "yes" : "no");
const opposite = { yes: "no", no: "yes", perhaps: "perhaps" } as const;

/** Without a class of its own a pod has the cluster's default one, if there is one. */
function ofPriority(
  { operator, values = [] }: V1ScopedResourceSelectorRequirement,
  name: string | undefined,
): Counts {
  if (name === undefined) return "perhaps";
  if (operator === "In") return known(values.includes(name));
  if (operator === "NotIn") return known(!values.includes(name));
  return known(operator !== "DoesNotExist");
}

function matches(scope: V1ScopedResourceSelectorRequirement, pod: CountedPod): Counts {
  switch (scope.scopeName) {
    case "Terminating":
      return known(pod.hasDeadline);
    case "NotTerminating":
      return known(!pod.hasDeadline);
    case "BestEffort":
      return known(pod.isBestEffort);
    case "NotBestEffort":
      return opposite[known(pod.isBestEffort)];
    case CROSS_NAMESPACE:
      return known(pod.looksAtOthers);
    case "PriorityClass":
      return ofPriority(scope, pod.priorityClassName);
    default:
      return "perhaps";
  }
}

/** A scope without a word is one that exists. */
const scopesOf = ({ spec }: V1ResourceQuota): V1ScopedResourceSelectorRequirement[] => [
  ...(spec?.scopes ?? []).map(scopeName => ({ scopeName, operator: "Exists" })),
  ...(spec?.scopeSelector?.matchExpressions ?? []),
];

/** For people. */
export const scopeNames = (quota: V1ResourceQuota): string[] =>
  scopesOf(quota).map(({ scopeName }) => scopeName);

export function countsPod(quota: V1ResourceQuota, pod: CountedPod): Counts {
  const scopes = scopesOf(quota).map(scope => matches(scope, pod));
  if (scopes.includes("no")) return "no";
  return scopes.includes("perhaps") ? "perhaps" : "yes";
}

/** Those that count the pod, or may. */
export const countingPod = (quotas: readonly V1ResourceQuota[], pod: CountedPod): V1ResourceQuota[] =>
  quotas.filter(quota => countsPod(quota, pod) !== "no");

const DEMANDED = /^(?:(requests|limits)\.)?(cpu|memory)$/;

/** What they demand that each container of a run's pods names: Constraints in pods.go. */
export const demandedOfContainers = (quotas: readonly V1ResourceQuota[]): DemandedOfContainer[] =>
  quotas
    .filter(quota => countsPod(quota, POD_OF_TEKTON) === "yes")
    .flatMap(({ metadata, spec, status }) =>
      Object.keys(spec?.hard ?? status?.hard ?? {}).flatMap((key): DemandedOfContainer[] => {
        const [, of = "requests", resource] = DEMANDED.exec(key) ?? [];
        if (resource === undefined) return [];
        return [{ of: of as "requests", resource, source: `ResourceQuota ${metadata?.name}` }];
      }),
    );
