/** Watches nodes, pods, runs and StatefulSets, and keeps every change. */
import { Watch, type KubernetesObject } from "@kubernetes/client-node";
import { readKubeConfig } from "../testbed/kubeconfig";
import { present, type Kind, type Kinds, type Seen } from "./observation";

const PATHS: Record<Kind, string> = {
  node: "/api/v1/nodes",
  pod: "/api/v1/pods",
  run: "/apis/tekton.dev/v1/pipelineruns",
  statefulSet: "/apis/apps/v1/statefulsets",
};
/** The node that the operator itself runs on is none of the demo's. */
const QUERIES: Partial<Record<Kind, Record<string, string>>> = { node: { labelSelector: "type=kwok" } };
const CHANGES = new Set(["ADDED", "MODIFIED", "DELETED"]);

export class Observer {
  readonly #seen: Seen[] = [];
  readonly #watches: AbortController[] = [];
  #stopped = false;
  #broken: Error | undefined;

  /** Begins with what is there. To be called before anything that shall not be missed. */
  async start(kubeconfigFile: string): Promise<void> {
    const watch = new Watch(readKubeConfig(kubeconfigFile));
    for (const kind of Object.keys(PATHS) as Kind[]) {
      const note = (type: string, object: KubernetesObject): void => this.#note(kind, type, object);
      const ended = (error: unknown): void => this.#ended(kind, error);
      this.#watches.push(await watch.watch(PATHS[kind], QUERIES[kind] ?? {}, note, ended));
    }
    this.check();
  }

  stop(): void {
    this.#stopped = true;
    for (const watch of this.#watches) watch.abort();
  }

  get seen(): readonly Seen[] {
    return this.#seen;
  }

  /** The objects of a kind as they are now. */
  now<K extends Kind>(kind: K): Kinds[K][] {
    return present(this.#seen, kind);
  }

  /**
   * A watch is not begun anew: what happened in between would be missing, and no claim could rest on it.
   *
   * @throws Error when one has ended
   */
  check(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }

  #note(kind: Kind, type: string, object: KubernetesObject): void {
    if (!CHANGES.has(type)) {
      this.#broken ??= new Error(`the watch of ${PATHS[kind]} sent ${type}: ${JSON.stringify(object)}`);
      return;
    }
    const revision = Number(object.metadata?.resourceVersion);
    const seen = { kind, gone: type === "DELETED", revision, atMilliseconds: Date.now(), object };
    this.#seen.push(seen as Seen);
  }

  #ended(kind: Kind, error: unknown): void {
    if (this.#stopped) return;
    this.#broken ??= new Error(`the watch of ${PATHS[kind]} ended early: ${String(error)}`);
  }
}
