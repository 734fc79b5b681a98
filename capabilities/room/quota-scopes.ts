/**
 * Which ResourceQuotas count a pod: podMatchesScopeFunc, isTerminating and usesCrossNamespacePodAffinity of
 * k8s.io/kubernetes/pkg/quota/v1/evaluator/core/pods.go.
 */
import type {
  V1Affinity,
  V1PodAffinityTerm,
  V1PodSpec,
  V1ResourceQuota,
  V1ScopedResourceSelectorRequirement,
} from "@kubernetes/client-node";

/** The fields that scopes speak of. A pod that asks for anything is not BestEffort. */
export type ScopedPod = Pick<V1PodSpec, "activeDeadlineSeconds" | "affinity" | "priorityClassName"> & {
  isBestEffort?: boolean;
};

export const CROSS_NAMESPACE = "CrossNamespacePodAffinity";

function podTerms({ podAffinity, podAntiAffinity }: V1Affinity): V1PodAffinityTerm[] {
  return [podAffinity, podAntiAffinity].flatMap(side => [
    ...(side?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(side?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(item => item.podAffinityTerm),
  ]);
}

const looksAtOtherNamespaces = (affinity: V1Affinity | undefined): boolean =>
  podTerms(affinity ?? {}).some(
    ({ namespaces, namespaceSelector }) => (namespaces ?? []).length > 0 || namespaceSelector !== undefined,
  );

function ofClass(
  { operator, values = [] }: V1ScopedResourceSelectorRequirement,
  name: string | undefined,
): boolean {
  const isNamed = name !== undefined && name !== "";
  switch (operator) {
    case "Exists":
      return isNamed;
    case "DoesNotExist":
      return !isNamed;
    case "In":
      return isNamed && values.includes(name);
    case "NotIn":
      return !isNamed || !values.includes(name);
    default:
      return false;
  }
}

function matches(requirement: V1ScopedResourceSelectorRequirement, pod: ScopedPod): boolean {
  switch (requirement.scopeName) {
    case "Terminating":
      return (pod.activeDeadlineSeconds ?? -1) >= 0;
    case "NotTerminating":
      return (pod.activeDeadlineSeconds ?? -1) < 0;
    case "BestEffort":
      return pod.isBestEffort === true;
    case "NotBestEffort":
      return pod.isBestEffort !== true;
    case "PriorityClass":
      return ofClass(requirement, pod.priorityClassName);
    case CROSS_NAMESPACE:
      return looksAtOtherNamespaces(pod.affinity);
    default:
      return false;
  }
}

/** getScopeSelectorsFromQuota of k8s.io/apiserver/pkg/quota/v1: each scope without a word is one that exists. */
function requirementsOf({ spec }: V1ResourceQuota): V1ScopedResourceSelectorRequirement[] {
  return [
    ...(spec?.scopes ?? []).map(scopeName => ({ scopeName, operator: "Exists" })),
    ...(spec?.scopeSelector?.matchExpressions ?? []),
  ];
}

/** Whether the quota counts the pod: all of its scopes have to. */
export const countsPod = (quota: V1ResourceQuota, pod: ScopedPod): boolean =>
  requirementsOf(quota).every(requirement => matches(requirement, pod));

/** The names of its scopes, for people. */
export const scopesOf = (quota: V1ResourceQuota): string[] =>
  requirementsOf(quota).map(({ scopeName }) => scopeName);
