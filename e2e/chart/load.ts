/** Creations at a steady rate that all go through admission and leave nothing behind. */
import { PLACEHOLDER_LABEL } from "../../capabilities/keys";
import { PIPELINE_RUN_V1 } from "../../capabilities/tekton/objects";
import type { Cluster } from "../../testbed/cluster";
import { nap, run } from "../operated-cluster";

export interface Outcome {
  created: number;
  failures: string[];
  /** Of the slowest creation. */
  slowestMilliseconds: number;
}

const pod = (name: string) => ({
  metadata: { name, labels: { [PLACEHOLDER_LABEL]: "custom-pod-affinity-0000000000" } },
  spec: { containers: [{ name: "c", image: "busybox" }] },
});

/**
 * Runs and pods in turn, as dry runs: the API server asks the webhooks, and stores nothing. As many are sent as
 * are due by the clock, so that a busy machine delays some and leaves out none.
 */
export class Load {
  readonly #timer: NodeJS.Timeout;
  readonly #pending = new Set<Promise<void>>();
  readonly #outcome: Outcome = { created: 0, failures: [], slowestMilliseconds: 0 };
  #count = 0;

  constructor(
    private readonly cluster: Cluster,
    private readonly namespace: string,
    perSecond: number,
  ) {
    const start = Date.now();
    this.#timer = setInterval(() => {
      while (this.#count < ((Date.now() - start) / 1000) * perSecond) this.#send();
    }, 1000 / perSecond);
  }

  #send(): void {
    const one = this.#create(this.#count++).finally(() => this.#pending.delete(one));
    this.#pending.add(one);
  }

  async #create(index: number): Promise<void> {
    const { custom, core } = this.cluster.clients;
    const [namespace, name, dryRun] = [this.namespace, `load-${index}`, "All"];
    const start = Date.now();
    try {
      if (index % 2 === 0) {
        const body = run(name, [nap("only")]);
        await custom.createNamespacedCustomObject({ ...PIPELINE_RUN_V1, namespace, body, dryRun });
      } else await core.createNamespacedPod({ namespace, body: pod(name), dryRun });
      this.#outcome.created++;
    } catch (error) {
      this.#outcome.failures.push((error as Error).message);
    }
    this.#outcome.slowestMilliseconds = Math.max(this.#outcome.slowestMilliseconds, Date.now() - start);
  }

  async stop(): Promise<Outcome> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
    return this.#outcome;
  }
}
