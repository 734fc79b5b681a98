/** Records what happens in some namespaces of a cluster, the way the recordings were made. */
import { KubeConfig, Watch } from "@kubernetes/client-node";
import type { Stored } from "../io/store";
import { momentOf, type Moment, type Recording, type Resource } from "./recording";

const watched = [
  "/apis/tekton.dev/v1/pipelineruns",
  "/apis/tekton.dev/v1/taskruns",
  "/apis/tekton.dev/v1beta1/customruns",
  "/api/v1/pods",
  "/api/v1/persistentvolumeclaims",
];

export class Recorder {
  readonly #recordings = new Map<string, Recording>();
  readonly #lastEvent = new Map<string, number>();
  readonly #watches: AbortController[] = [];
  readonly #begin = Date.now();
  #problem: Error | undefined;

  /** Begins to watch. Call it before anything is created: there is nothing that it could have missed then. */
  async start(kubeconfigFile: string): Promise<void> {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(kubeconfigFile);
    const watch = new Watch(kubeConfig);
    for (const path of watched) {
      const seen = (event: string, object: Resource): void => this.#see(event as Moment["event"], object);
      this.#watches.push(await watch.watch(path, {}, seen, error => this.#ended(path, error)));
    }
  }

  stop(): void {
    for (const watch of this.#watches) watch.abort();
  }

  /**
   * What has happened in a namespace.
   *
   * @throws Error when a watch broke, as something may be missing then
   */
  of(namespace: string): Recording {
    if (this.#problem) throw this.#problem;
    return this.#recordings.get(namespace) ?? { timeline: [], objectsAsCreated: {} };
  }

  /** Milliseconds since something last happened in a namespace. */
  quietFor(namespace: string): number {
    return Date.now() - (this.#lastEvent.get(namespace) ?? Date.now());
  }

  #ended(path: string, error: unknown): void {
    if ((error as Error | null)?.name === "AbortError") return;
    this.#problem ??= new Error(
      `the watch of ${path} ended early (${String(error)}), so something may be missing`,
    );
  }

  #see(event: Moment["event"], object: Resource & Stored): void {
    const namespace = object.metadata?.namespace ?? "";
    const recording = this.of(namespace);
    this.#recordings.set(namespace, recording);
    this.#lastEvent.set(namespace, Date.now());
    const moment = momentOf(event, object, Date.now() - this.#begin);
    recording.timeline.push(moment);
    recording.objectsAsCreated[moment.object] ??= object;
  }
}
