/** The cluster as it is now, for those who act on it; the observer sees the same changes, in order, later. */
import type { KubernetesObject } from "@kubernetes/client-node";
import { EventFeed, type Change } from "../testbed/event-feed";
import { fullName, uidOf } from "./objects";
import { noObjects, type Kind, type Kinds } from "./world";

const PATHS: Record<Kind, string> = {
  run: "/apis/tekton.dev/v1/pipelineruns",
  pod: "/api/v1/pods",
  statefulSet: "/apis/apps/v1/statefulsets",
  node: "/api/v1/nodes",
  namespace: "/api/v1/namespaces",
};

export class Live {
  /** By namespace and name. */
  readonly #objects = noObjects();
  readonly #waiting = new Set<() => void>();
  readonly #feed: EventFeed;

  constructor(kubeconfigFile: string) {
    this.#feed = new EventFeed(kubeconfigFile);
  }

  async start(seen: (kind: Kind, change: Change<Kinds[Kind]>) => void): Promise<void> {
    for (const kind of Object.keys(PATHS) as Kind[]) {
      await this.#feed.follow(PATHS[kind], change => {
        delete change.object.metadata?.managedFields;
        this.#take(kind, change);
        seen(kind, change as Change<Kinds[Kind]>);
      });
    }
  }

  stop(): void {
    this.#feed.stop();
  }

  /** @throws Error when something may have been missed */
  check(): void {
    this.#feed.check();
  }

  #take(kind: Kind, { type, object }: Change): void {
    const objects = this.#objects[kind] as Map<string, KubernetesObject>;
    const name = fullName(object);
    if (type !== "DELETED") objects.set(name, object);
    else if (uidOf(objects.get(name) ?? object) === uidOf(object)) objects.delete(name);
    for (const look of [...this.#waiting]) look();
  }

  get<K extends Kind>(kind: K, namespace: string, name: string): Kinds[K] | undefined {
    return this.#objects[kind].get(`${namespace}/${name}`);
  }

  all<K extends Kind>(kind: K): Kinds[K][] {
    return [...this.#objects[kind].values()];
  }

  /** @returns whether it came to hold within the time */
  async holds(condition: () => boolean, milliseconds: number): Promise<boolean> {
    if (condition()) return true;
    return new Promise(resolve => {
      const end = (held: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(held);
      };
      const look = (): void => {
        if (condition()) end(true);
      };
      const timer = setTimeout(() => end(false), milliseconds);
      this.#waiting.add(look);
    });
  }
}
