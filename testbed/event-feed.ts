/** Every change of some kinds of objects, none left out, from watches that are begun anew where they broke. */
import { setTimeout as delay } from "node:timers/promises";
import { Watch, type KubernetesObject } from "@kubernetes/client-node";
import { readKubeConfig } from "./kubeconfig";

export interface Change<T = KubernetesObject> {
  type: "ADDED" | "MODIFIED" | "DELETED";
  /** Milliseconds since the epoch, when it was seen. */
  at: number;
  /** The resourceVersion. All kinds are in one etcd, so the numbers of different objects compare. */
  revision: number;
  object: T;
}

/** Between two tries to begin a watch anew. */
const PAUSE_MILLISECONDS = 100;

/** An API server ends a watch whose reader is slow; one that is begun from the last version misses nothing. */
export class EventFeed {
  readonly #watch: Watch;
  readonly #running = new Map<string, AbortController>();
  #stopped = false;
  #problem: Error | undefined;

  constructor(kubeconfigFile: string) {
    this.#watch = new Watch(readKubeConfig(kubeconfigFile));
  }

  /**
   * Resolves when the watch is under way.
   *
   * @param from the resourceVersion of a list, after which it begins. Default: it begins with what is there
   */
  follow<T extends KubernetesObject>(
    path: string,
    note: (change: Change<T>) => void,
    from?: number,
  ): Promise<void> {
    return this.#begin(path, note as (change: Change) => void, from);
  }

  stop(): void {
    this.#stopped = true;
    for (const watch of this.#running.values()) watch.abort();
  }

  /** @throws Error when something may have been missed */
  check(): void {
    if (this.#problem !== undefined) throw this.#problem;
  }

  async #begin(path: string, note: (change: Change) => void, from: number | undefined): Promise<void> {
    let last = from;
    const seen = (type: string, object: KubernetesObject): void => {
      if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED") {
        this.#problem ??= new Error(`the watch of ${path} sent ${type}: ${JSON.stringify(object)}`);
        return;
      }
      const revision = Number(object.metadata?.resourceVersion);
      last = Math.max(last ?? 0, revision);
      note({ type, at: Date.now(), revision, object });
    };
    const query = last === undefined ? {} : { resourceVersion: String(last) };
    const ended = (): void => void this.#again(path, note, () => last);
    this.#running.set(path, await this.#watch.watch(path, query, seen, ended));
    if (this.#stopped) this.stop();
  }

  async #again(path: string, note: (change: Change) => void, last: () => number | undefined): Promise<void> {
    while (!this.#stopped && this.#problem === undefined) {
      await delay(PAUSE_MILLISECONDS);
      const begun = await this.#begin(path, note, last()).then(
        () => true,
        () => false,
      );
      if (begun) return;
    }
  }
}
