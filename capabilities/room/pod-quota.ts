/** Whether a quota of pods leaves a run one beside its placeholder. */
import type { V1ResourceQuota } from "@kubernetes/client-node";
import { InvalidQuantity, parseQuantity } from "../demand/resources";
import { countsPod, scopesOf, type ScopedPod } from "./quota-scopes";

const KEYS = ["pods", "count/pods"];

function count(quantity: string): number | undefined {
  try {
    return parseQuantity("pods", quantity);
  } catch (error) {
    if (error instanceof InvalidQuantity) return undefined;
    throw error;
  }
}

/** Tekton gives each of its pods a deadline, and no placeholder has one. What else its pods have is theirs. */
const ofRun = (placeholder: ScopedPod): ScopedPod => ({ ...placeholder, activeDeadlineSeconds: 1 });

/** Scopes that speak of what a placeholder alone has: its pods may well not be counted by these. */
const OF_PLACEHOLDER_ALONE = ["CrossNamespacePodAffinity", "PriorityClass"];

const countsRun = (quota: V1ResourceQuota, placeholder: ScopedPod): boolean =>
  countsPod(quota, ofRun(placeholder)) &&
  !scopesOf(quota).some(scope => OF_PLACEHOLDER_ALONE.includes(scope));

const hard = ({ spec, status }: V1ResourceQuota, key: string) =>
  count(status?.hard?.[key] ?? spec?.hard?.[key] ?? "");

/**
 * In the words of Kubernetes' quota admission, as the placeholder would be refused there if the run's first pod came
 * before it. A quota of StatefulSets has no need of that: its placeholder is refused before any pod is made.
 *
 * @returns undefined where there is room for both
 */
export function refusedByPodQuota(
  quotas: readonly V1ResourceQuota[],
  placeholder: ScopedPod = {},
): string | undefined {
  for (const quota of quotas.filter(one => countsPod(one, placeholder))) {
    const needed = countsRun(quota, placeholder) ? 2 : 1;
    for (const key of KEYS) {
      const most = hard(quota, key);
      const used = count(quota.status?.used?.[key] ?? "0") ?? 0;
      if (most === undefined || most - used >= needed) continue;
      const scopes = scopesOf(quota);
      const of = scopes.length === 0 ? "" : ` (of the scope ${scopes.join(", ")})`;
      const left = needed === 1 ? "its placeholder would need one" : NOT_BESIDE;
      return `exceeded quota: ${quota.metadata?.name}${of}, used: ${key}=${used}, limited: ${key}=${most}: ${left}`;
    }
  }
  return undefined;
}

const NOT_BESIDE = "no pod would be left for the run beside its placeholder";
