/** PodDisruptionBudgets, where the setting DISRUPTION_BUDGET asks for them: drains wait for pods of runs. */
import type { V1PodDisruptionBudget } from "@kubernetes/client-node";
import { APP_NAME, COMPONENT_LABEL, PLACEHOLDER_COMPONENT, PLACEHOLDER_LABEL } from "../keys";
import type { KubeClients } from "./client";
import { statusOf } from "./errors";

/**
 * One for all runs of a namespace. Pods of TaskRuns have no scale, so of all that a budget can say only a whole number
 * of pods counts (getExpectedPodCount in pkg/controller/disruption); this one is never reached. Placeholders are not
 * among them: where nothing runs, nothing keeps a drain waiting. Pods that have not started or have ended are evicted.
 */
export const budgetFor = (namespace: string): V1PodDisruptionBudget => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: APP_NAME, namespace, labels: { "app.kubernetes.io/name": APP_NAME } },
  spec: {
    minAvailable: 2 ** 31 - 1,
    selector: {
      matchExpressions: [
        { key: PLACEHOLDER_LABEL, operator: "Exists" },
        { key: COMPONENT_LABEL, operator: "NotIn", values: [PLACEHOLDER_COMPONENT] },
      ],
    },
  },
});

/** So long none is made again in a namespace where there was one. */
const KNOWN_MILLISECONDS = 60_000;

export class Budgets {
  readonly #known = new Map<string, number>();

  constructor(private readonly clients: Pick<KubeClients, "policy">) {}

  /**
   * Guard: the name.
   *
   * @throws what the API server answered; it is tried with the next run
   */
  async ensure(namespace: string): Promise<void> {
    if ((this.#known.get(namespace) ?? -Infinity) > performance.now() - KNOWN_MILLISECONDS) return;
    try {
      const body = budgetFor(namespace);
      await this.clients.policy.createNamespacedPodDisruptionBudget({ namespace, body });
    } catch (error) {
      if (statusOf(error) !== 409) throw error;
    }
    this.#known.set(namespace, performance.now());
  }
}
