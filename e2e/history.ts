/** What a test holds the operator against: every event of runs, placeholders and pods, in order. */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { isPlaceholderPod } from "../capabilities/tekton/placeholder-pod";
import type { PipelineRun } from "../capabilities/tekton/objects";
import { EventFeed, type Change } from "../testbed/event-feed";

type Kind = "run" | "pod" | "statefulSet";
interface Kinds {
  run: PipelineRun;
  pod: V1Pod;
  statefulSet: V1StatefulSet;
}

const PATHS: Record<Kind, string> = {
  run: "/apis/tekton.dev/v1/pipelineruns",
  pod: "/api/v1/pods",
  statefulSet: "/apis/apps/v1/statefulsets",
};

export class History {
  readonly #seen: { [K in Kind]: Change<Kinds[K]>[] } = { run: [], pod: [], statefulSet: [] };
  #feed: EventFeed | undefined;

  /** Begins to watch; call it before anything is created. */
  async start(kubeconfigFile: string): Promise<void> {
    this.#feed = new EventFeed(kubeconfigFile);
    for (const kind of Object.keys(PATHS) as Kind[]) {
      const list = this.#seen[kind] as Change[];
      await this.#feed.follow(PATHS[kind], change => list.push(change));
    }
  }

  stop(): void {
    this.#feed?.stop();
  }

  /** @throws Error when something may be missing */
  all<K extends Kind>(kind: K, namespace?: string): Change<Kinds[K]>[] {
    this.#feed?.check();
    const seen = this.#seen[kind] as Change<Kinds[K]>[];
    return seen.filter(({ object }) => namespace === undefined || object.metadata?.namespace === namespace);
  }

  /** The newest state of each object that has not been deleted. */
  now<K extends Kind>(kind: K, namespace?: string): Kinds[K][] {
    const newest = new Map<string, Change<Kinds[K]>>();
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
  ): Change<Kinds[K]> | undefined {
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
