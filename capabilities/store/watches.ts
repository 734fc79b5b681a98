/** What fills the store: the list of placeholders, and the watches on runs, pods, TaskRuns, CustomRuns and nodes. */
import type { KubeConfig, V1Node, V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { setTimeout as delay } from "node:timers/promises";
import { HELD_LABEL, PLACEHOLDER_LABEL } from "../keys";
import { Log } from "pepr";
import type { Cluster } from "../kube/cluster";
import { ACTIVE_PODS } from "../kube/pages";
import { describeError, statusOf } from "../kube/errors";
import {
  CUSTOM_RUN,
  PIPELINE_RUN_V1,
  TASK_RUN_V1,
  type CustomRun,
  type PipelineRun,
  type TaskRun,
} from "../tekton/objects";
import { Reflector, type ReflectorOptions } from "./reflector";
import type { Store } from "./store";

export interface Watches {
  /** Whether all is in the store that was there when they began. */
  readonly areReady: boolean;
  /** Resolves when that is so, or when `isOn` says no. */
  start(isOn: () => boolean): Promise<void>;
  stop(): Promise<void>;
}

export interface WatchesOptions {
  kubeConfig: KubeConfig;
  /** Placeholders are told of by pepr's binding, which begins with no list of its own for us. */
  eachStatefulSet: (see: (statefulSet: V1StatefulSet) => void) => Promise<void>;
  /** Whether nodes are watched. */
  withNodes: boolean;
  onFailure: (what: string, error: unknown, retryMilliseconds: number) => void;
}

const RETRY_MILLISECONDS = 1_000;
const LONGEST_PAUSE_WITHOUT_KIND = 300_000;
const NOT_FOUND = 404;
const path = ({ group, version, plural }: typeof TASK_RUN_V1): string =>
  `/apis/${group}/${version}/${plural}`;

export class StoreWatches implements Watches {
  areReady = false;
  #reflectors: Reflector<never>[] = [];
  #tellStopped = () => {};

  constructor(
    private readonly store: Store,
    private readonly options: WatchesOptions,
  ) {}

  async start(isOn: () => boolean): Promise<void> {
    // Placeholders first: a run that has ended is kept only where there is one.
    await this.#listStatefulSets(isOn);
    if (!isOn()) return;
    const { runs, pods, taskRuns, customRuns } = this.store;
    const of = <T>(options: Omit<ReflectorOptions<T>, "kubeConfig" | "onFailure">): Reflector<T> =>
      new Reflector<T>({
        ...options,
        kubeConfig: this.options.kubeConfig,
        onFailure: (error, retry) => this.options.onFailure(options.path, error, retry),
      });
    const ofRuns = of<PipelineRun>({
      path: path(PIPELINE_RUN_V1),
      labelSelector: HELD_LABEL,
      list: true,
      sink: runs,
    });
    const ofPods = of<V1Pod>({
      path: "/api/v1/pods",
      labelSelector: PLACEHOLDER_LABEL,
      fieldSelector: ACTIVE_PODS,
      list: true,
      sink: pods,
    });
    // Those of runs that are over are never looked at: they are read run by run, where there is one that is not.
    const ofTaskRuns = of<TaskRun>({
      path: path(TASK_RUN_V1),
      labelSelector: PLACEHOLDER_LABEL,
      list: false,
      sink: taskRuns,
    });
    // Nobody waits for these: a Tekton may be there without them, and what comes after them has TaskRuns as well.
    const ofCustomRuns = new Reflector<CustomRun>({
      kubeConfig: this.options.kubeConfig,
      path: path(CUSTOM_RUN),
      labelSelector: PLACEHOLDER_LABEL,
      list: false,
      sink: customRuns,
      timings: { longestPause: LONGEST_PAUSE_WITHOUT_KIND },
      onFailure: this.#onceWithoutKind(path(CUSTOM_RUN)),
    });
    // Nobody waits for these either: a node of which nothing is known is as it should be.
    const ofNodes = of<V1Node>({ path: "/api/v1/nodes", list: true, sink: this.store.nodes.sink });
    const awaited = [ofRuns, ofPods, ofTaskRuns] as Reflector<never>[];
    this.#reflectors = [...awaited, ofCustomRuns as Reflector<never>];
    if (this.options.withNodes) this.#reflectors.push(ofNodes as Reflector<never>);
    for (const reflector of this.#reflectors) reflector.start();
    await Promise.race([Promise.all(awaited.map(one => one.whenSynced())), this.#whenStopped()]);
    this.areReady = isOn();
  }

  /** That a kind is not there is said once. */
  #onceWithoutKind(what: string): NonNullable<ReflectorOptions<never>["onFailure"]> {
    let isSaid = false;
    return (error, retryMilliseconds) => {
      if (statusOf(error) === NOT_FOUND && isSaid) return;
      isSaid ||= statusOf(error) === NOT_FOUND;
      this.options.onFailure(what, error, retryMilliseconds);
    };
  }

  #whenStopped(): Promise<void> {
    return new Promise(resolve => (this.#tellStopped = resolve));
  }

  async stop(): Promise<void> {
    this.areReady = false;
    this.#tellStopped();
    await Promise.all(this.#reflectors.splice(0).map(reflector => reflector.stop()));
  }

  async #listStatefulSets(isOn: () => boolean): Promise<void> {
    while (isOn()) {
      try {
        return await this.options.eachStatefulSet(one => this.store.statefulSet("ADDED", one));
      } catch (error) {
        this.options.onFailure("/apis/apps/v1/statefulsets", error, RETRY_MILLISECONDS);
        await delay(RETRY_MILLISECONDS);
      }
    }
  }
}

/** The watches of a controller, whose failures go to the log: they are tried again for as long as it acts. */
export function watchesOf(
  store: Store,
  cluster: Cluster,
  kubeConfig: KubeConfig,
  withNodes: boolean,
): Watches {
  return new StoreWatches(store, {
    kubeConfig,
    withNodes,
    eachStatefulSet: see => cluster.eachStatefulSet(see),
    onFailure: (path, error, retryMilliseconds) =>
      Log.warn(
        { path, error: describeError(error), retryMilliseconds: Math.round(retryMilliseconds) },
        "A watch was interrupted; taking it up again",
      ),
  });
}
