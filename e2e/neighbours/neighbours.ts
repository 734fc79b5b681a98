/** Neighbours that take and free room all the time, until they are stopped. */
import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { ifFound } from "../../testbed/if-found";
import type { OperatedCluster } from "../operated-cluster";
import { randomNeighbour } from "./random-runs";

export class Neighbours {
  readonly #stop = new AbortController();
  readonly #leaving: Promise<void>[] = [];
  readonly #coming: Promise<void>;
  /** Names of those that left of their own accord. */
  readonly left = new Set<string>();

  constructor(
    private readonly operated: OperatedCluster,
    private readonly namespace: string,
    private readonly seed: number,
  ) {
    setMaxListeners(0, this.#stop.signal);
    this.#coming = this.#come();
  }

  /** They may go anywhere that they fit. */
  async #come(): Promise<void> {
    const { core } = this.operated.cluster.clients;
    for (let index = 0; !this.#stop.signal.aborted; index++) {
      const { name, cores, staysMilliseconds, nextMilliseconds } = randomNeighbour(this.seed, index);
      const container = { name: "c", image: "pause", resources: { requests: { cpu: cores } } };
      const body = {
        metadata: { name },
        spec: { containers: [container], terminationGracePeriodSeconds: 0 },
      };
      await core.createNamespacedPod({ namespace: this.namespace, body });
      this.#leaving.push(this.#leave(name, staysMilliseconds));
      await delay(nextMilliseconds);
    }
  }

  async #leave(name: string, afterMilliseconds: number): Promise<void> {
    await delay(afterMilliseconds, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    this.left.add(name);
    await ifFound(
      this.operated.cluster.clients.core.deleteNamespacedPod({ namespace: this.namespace, name }),
    );
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#coming;
    await Promise.all(this.#leaving);
  }
}
