/** Whether quotas of objects leave a run a pod beside its placeholder. */
import type { V1ResourceQuota } from "@kubernetes/client-node";
import { InvalidQuantity, parseQuantity } from "../demand/resources";
import { countsPod, POD_OF_TEKTON, scopeNames, type CountedPod } from "./quota-scopes";

const OF_PODS = ["pods", "count/pods"];
const OF_PLACEHOLDERS = "count/statefulsets.apps";

function count(quantity: string): number | undefined {
  try {
    return parseQuantity("pods", quantity);
  } catch (error) {
    if (error instanceof InvalidQuantity) return undefined;
    throw error;
  }
}

/** How many objects the placeholder and the run's first pod are for the quota; 0 where it does not count the placeholder. */
function needed(quota: V1ResourceQuota, key: string, placeholder: CountedPod): number {
  if (key === OF_PLACEHOLDERS) return 1;
  if (countsPod(quota, placeholder) !== "yes") return 0;
  return countsPod(quota, POD_OF_TEKTON) === "yes" ? 2 : 1;
}

/** What is to be done depends on it, see refusal.ts. */
function ofScopes(quota: V1ResourceQuota): string {
  const names = scopeNames(quota);
  return names.length === 0 ? "" : ` (of the scope ${names.join(", ")})`;
}

/**
 * In the words of Kubernetes' quota admission, as the placeholder would be refused there if the run's first pod came
 * before it.
 *
 * @returns undefined where there is room for both
 */
export function refusedByObjectQuota(
  quotas: readonly V1ResourceQuota[],
  placeholder: CountedPod,
): string | undefined {
  for (const quota of quotas) {
    const { metadata, spec, status } = quota;
    for (const key of [...OF_PODS, OF_PLACEHOLDERS]) {
      const hard = count(status?.hard?.[key] ?? spec?.hard?.[key] ?? "");
      const used = count(status?.used?.[key] ?? "0") ?? 0;
      const objects = needed(quota, key, placeholder);
      if (hard === undefined || objects === 0 || hard - used >= objects) continue;
      const why = objects === 2 ? "no pod would be left for the run beside its placeholder" : "none is left";
      return `exceeded quota: ${metadata?.name}${ofScopes(quota)}, used: ${key}=${used}, limited: ${key}=${hard}: ${why}`;
    }
  }
  return undefined;
}
