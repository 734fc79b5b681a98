/**
 * Kubernetes counts a pod for required pod affinity only when that one pod matches *every* required
 * term of the incoming pod (updateWithAffinityTerms in kube-scheduler's interpodaffinity/filtering.go).
 * Two required terms that are meant for two different pods can therefore never be met together.
 */
import type { V1Affinity, V1PodAffinityTerm } from "@kubernetes/client-node";

export function requiredPodTerms(affinity: V1Affinity | undefined): V1PodAffinityTerm[] {
  return affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
}

/**
 * The affinity with `term` as its only required pod affinity. Terms that were required are kept as
 * preferred ones of the highest weight; all else stays as it is.
 */
export function withOnlyRequiredTerm(affinity: V1Affinity, term: V1PodAffinityTerm): V1Affinity {
  const preferred = affinity.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const softened = requiredPodTerms(affinity).map(podAffinityTerm => ({ weight: 100, podAffinityTerm }));
  const allPreferred = [...preferred, ...softened];
  return {
    ...affinity,
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [term],
      ...(allPreferred.length > 0 && { preferredDuringSchedulingIgnoredDuringExecution: allPreferred }),
    },
  };
}
