/** Whether a quota of pods leaves a run one beside its placeholder. */
import type { V1ResourceQuota } from "@kubernetes/client-node";
import { InvalidQuantity, parseQuantity } from "../demand/resources";

const KEYS = ["pods", "count/pods"];
/** The placeholder, and one of the run's. */
const NEEDED = 2;

function count(quantity: string): number | undefined {
  try {
    return parseQuantity("pods", quantity);
  } catch (error) {
    if (error instanceof InvalidQuantity) return undefined;
    throw error;
  }
}

/** Those with scopes count some pods only: a placeholder, which has no deadline, and not the run's; or the other way round. */
const countsAllPods = ({ spec }: V1ResourceQuota): boolean =>
  (spec?.scopes ?? []).length === 0 && spec?.scopeSelector === undefined;

/**
 * In the words of Kubernetes' quota admission, as the placeholder would be refused there if the run's first pod came
 * before it.
 *
 * @returns undefined where there is room for both
 */
export function refusedByPodQuota(quotas: readonly V1ResourceQuota[]): string | undefined {
  for (const { metadata, spec, status } of quotas.filter(countsAllPods)) {
    for (const key of KEYS) {
      const hard = count(status?.hard?.[key] ?? spec?.hard?.[key] ?? "");
      const used = count(status?.used?.[key] ?? "0") ?? 0;
      if (hard === undefined || hard - used >= NEEDED) continue;
      return (
        `exceeded quota: ${metadata?.name}, used: ${key}=${used}, limited: ${key}=${hard}: ` +
        `no pod would be left for the run beside its placeholder`
      );
    }
  }
  return undefined;
}
