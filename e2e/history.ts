/** What a test holds the operator against: every event of runs, placeholders and pods, in order. */
import { KubeConfig, Watch, type V1Pod, type V1StatefulSet } from "@kubernetes/client-node";
import { isPlaceholderPod } from "../capabilities/decide/co-location";
import type { PipelineRun } from "../capabilities/tekton";

type Kind = "run" | "pod" | "statefulSet";
interface Kinds {
  run: PipelineRun;
  pod: V1Pod;
  statefulSet: V1StatefulSet;
}

export interface Seen<T> {
  type: "ADDED" | "MODIFIED" | "DELETED";
  /** Milliseconds since the epoch, when it was seen. */
  at: number;
  /** Of one store, so the numbers of different objects can be compared. */
  revision: number;
  object: T;
}

const PATHS: Record<Kind, string> = {
  run: "/apis/tekton.dev/v1/pipelineruns",
  pod: "/api/v1/pods",
  statefulSet: "/apis/apps/v1/statefulsets",
};

export class History {
  readonly #seen: { [K in Kind]: Seen<Kinds[K]>[] } = { run: [], pod: [], statefulSet: [] };
  readonly #watches: AbortController[] = [];
  #problem: Error | undefined;

  /** Begins to watch; call it before anything is created. */
  async start(kubeconfigFile: string): Promise<void> {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(kubeconfigFile);
    const watch = new Watch(kubeConfig);
    for (const kind of Object.keys(PATHS) as Kind[]) {
      const note = (type: string, object: PipelineRun): void => this.#note(kind, type, object);
      this.#watches.push(await watch.watch(PATHS[kind], {}, note, error => this.#ended(kind, error)));
    }
  }

  stop(): void {
    for (const watch of this.#watches) watch.abort();
  }

  #ended(kind: Kind, error: unknown): void {
    if ((error as Error | null)?.name === "AbortError") return;
    this.#problem ??= new Error(`the watch of ${PATHS[kind]} ended early: ${String(error)}`);
  }

  #note(kind: Kind, type: string, object: PipelineRun): void {
    const revision = Number(object.metadata?.resourceVersion);
    const list = this.#seen[kind] as Seen<PipelineRun>[];
    list.push({ type: type as Seen<PipelineRun>["type"], at: Date.now(), revision, object });
  }

  /** @throws Error when a watch broke, as something may be missing then */
  all<K extends Kind>(kind: K, namespace?: string): Seen<Kinds[K]>[] {
    if (this.#problem) throw this.#problem;
    const seen = this.#seen[kind] as Seen<Kinds[K]>[];
    return seen.filter(({ object }) => namespace === undefined || object.metadata?.namespace === namespace);
  }

  /** The newest state of each object that has not been deleted. */
  now<K extends Kind>(kind: K, namespace?: string): Kinds[K][] {
    const newest = new Map<string, Seen<Kinds[K]>>();
    for (const seen of this.all(kind, namespace)) newest.set(seen.object.metadata!.uid!, seen);
    return [...newest.values()].filter(({ type }) => type !== "DELETED").map(({ object }) => object);
  }

  /** Nodes that pods of runs (not placeholders) were ever bound to. */
  nodesOfPods(namespace: string): string[] {
    const nodes = this.all("pod", namespace)
      .filter(({ object }) => !isPlaceholderPod(object))
      .flatMap(({ object }) => object.spec?.nodeName ?? []);
    return [...new Set(nodes)];
  }

  /** The first time that something held. */
  first<K extends Kind>(
    kind: K,
    namespace: string,
    holds: (object: Kinds[K]) => boolean,
  ): Seen<Kinds[K]> | undefined {
    return this.all(kind, namespace).find(({ object, type }) => type !== "DELETED" && holds(object));
  }

  /** Every moment at which two placeholders were bound to one node, as a sentence. */
  sharedNodes(): string[] {
    const bound = new Map<string, { node: string; name: string }>();
    const shared: string[] = [];
    for (const { type, object, revision } of this.all("pod")) {
      if (!isPlaceholderPod(object)) continue;
      const { uid, namespace, name } = object.metadata!;
      const node = object.spec?.nodeName;
      if (type === "DELETED" || !node) {
        bound.delete(uid!);
        continue;
      }
      const others = [...bound].filter(([other, at]) => other !== uid && at.node === node);
      for (const [, other] of others)
        shared.push(`${node}: ${other.name}, ${namespace}/${name} at ${revision}`);
      bound.set(uid!, { node, name: `${namespace}/${name}` });
    }
    return shared;
  }
}
