/** Records what happens in some namespaces of a cluster, the way the recordings were made. */
import { EventFeed, type Change } from "../../event-feed";
import { momentOf, type Recording, type Resource } from "./recording";

const watched = [
  "/apis/tekton.dev/v1/pipelineruns",
  "/apis/tekton.dev/v1/taskruns",
  "/apis/tekton.dev/v1beta1/customruns",
  "/api/v1/pods",
  "/api/v1/persistentvolumeclaims",
];

export class Recorder {
  /** By namespace, as they were seen: those of different watches may stand in a wrong order. */
  readonly #changes = new Map<string, Change<Resource>[]>();
  readonly #begin = Date.now();
  #feed: EventFeed | undefined;

  /** Begins to watch. Call it before anything is created: there is nothing that it could have missed then. */
  async start(kubeconfigFile: string): Promise<void> {
    this.#feed = new EventFeed(kubeconfigFile);
    for (const path of watched) await this.#feed.follow<Resource>(path, change => this.#see(change));
  }

  stop(): void {
    this.#feed?.stop();
  }

  /**
   * What has happened in a namespace, in its order.
   *
   * @throws Error when something may be missing
   */
  of(namespace: string): Recording {
    this.#feed?.check();
    const changes = (this.#changes.get(namespace) ?? []).toSorted((a, b) => a.revision - b.revision);
    const recording: Recording = { timeline: [], objectsAsCreated: {} };
    for (const { type, object, at } of changes) {
      const moment = momentOf(type, object, at - this.#begin);
      recording.timeline.push(moment);
      recording.objectsAsCreated[moment.object] ??= object;
    }
    return recording;
  }

  /** Milliseconds since something last happened in a namespace. */
  quietFor(namespace: string): number {
    return Date.now() - (this.#changes.get(namespace)?.at(-1)?.at ?? Date.now());
  }

  #see(change: Change<Resource>): void {
    const namespace = change.object.metadata?.namespace ?? "";
    const changes = this.#changes.get(namespace) ?? [];
    this.#changes.set(namespace, changes);
    changes.push(change);
  }
}
