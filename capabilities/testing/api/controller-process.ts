/** A controller on the API server in memory: the real store, reconciler and writes, with watches that may be late. */
import type { V1Node, V1StatefulSet } from "@kubernetes/client-node";
import { isChild, type PipelineRun } from "../../tekton/objects";
import { Reconciler } from "../../controller/reconcile";
import { Cluster } from "../../kube/cluster";
import { compare } from "../../store/compare";
import { asText, fromText } from "../../tekton/run-key";
import { Store } from "../../store/store";
import { SETTINGS } from "../builders";
import type { KubeObject, MemoryApi, WatchEvent } from "./memory-api";
import { Died, MemoryClients } from "./memory-clients";

export interface ProcessOptions {
  /** The count of writes after which it dies. Default: never. */
  diesAfter?: number;
  /** The kind of object of a pipeline that it dies of when it reads one. */
  diesReading?: string;
  /** Its name. Default: process. */
  me?: string;
  /** So many events have to come after one before it is told, unless nothing else happens. Default: none. */
  lag?: number;
  /** The count of the event that never comes. */
  misses?: number;
  /** What happens, and is told, while the answer to a write is on its way, of which there have been so many. */
  meanwhile?: (writes: number) => void;
  /** Lets so many milliseconds pass, until a look that is due. Default: it comes at once. */
  pass?: (milliseconds: number) => void;
}

/** A look that is due later than this is not waited for. */
const MOST_SECONDS = 5;
/** A look-again that brings nothing new this often is the end. */
const MOST_IDLE_LOOKS = 3;

export class ControllerProcess {
  readonly #made: MemoryClients;
  readonly #cluster: Cluster;
  readonly #store: Store;
  readonly #reconciler: Reconciler;
  readonly #queue = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #late: WatchEvent[] = [];
  readonly #stopWatching: () => void;
  #idleLooks = 0;
  #events = 0;
  isDead = false;

  constructor(
    private readonly api: MemoryApi,
    private readonly options: ProcessOptions = {},
  ) {
    this.#made = new MemoryClients(api, options.diesAfter, options.diesReading, options.meanwhile);
    this.#cluster = new Cluster(this.#made.clients, "tekton-pipelines");
    this.#store = new Store(run => this.#queue.add(asText(run)));
    this.#store.coschedule = "disabled";
    this.#reconciler = new Reconciler({
      cluster: this.#cluster,
      settings: SETTINGS,
      store: this.#store,
      tektonDefaults: () => ({}),
      me: options.me ?? "process",
    });
    this.#fill();
    this.#stopWatching = api.watch(event => this.#hear(event));
  }

  get writes(): readonly string[] {
    return this.#made.writes;
  }

  /** How many events there have been for it, heard or not. */
  get events(): number {
    return this.#events;
  }

  /** What its store holds, by names. */
  get known(): string[] {
    const places = ["run", "statefulSet", "pods"] as const;
    return [...this.#store.keys()]
      .flatMap(text => places.flatMap(place => this.#store.names(fromText(text), place)))
      .sort();
  }

  /** As StoreWatches does. */
  #fill(): void {
    for (const one of this.api.all<V1StatefulSet>("statefulsets")) this.#store.statefulSet("ADDED", one);
    const { runs, pods } = this.#store;
    for (const sink of [runs, pods]) sink.begin();
    for (const run of this.api.all<PipelineRun>("pipelineruns")) runs.event("ADDED", run);
    for (const pod of this.api.all<KubeObject>("pods")) pods.event("ADDED", pod as never);
    for (const sink of [runs, pods]) sink.synced();
    this.#fillNodes();
    for (const text of this.#store.keys()) this.#queue.add(text);
  }

  /** Where a cluster has none, they are not known yet. */
  #fillNodes(): void {
    const nodes = this.api.all<V1Node>("nodes");
    if (nodes.length === 0) return;
    const { sink } = this.#store.nodes;
    sink.begin();
    for (const node of nodes) sink.event("ADDED", node);
    sink.synced();
  }

  #hear(event: WatchEvent): void {
    if (event.kind === "events" || event.kind === "persistentvolumeclaims") return;
    if (++this.#events === this.options.misses) return;
    this.#late.push(event);
    while (this.#late.length > (this.options.lag ?? 0)) this.#see(this.#late.shift()!);
  }

  #see({ kind, type, object }: WatchEvent): void {
    if (kind === "statefulsets") this.#seeStatefulSet(type, object as V1StatefulSet);
    else if (kind === "pods") this.#store.pods.event(type, object as never);
    else if (kind === "nodes") this.#store.nodes.sink.event(type, object as V1Node);
    else if (kind === "taskruns") this.#store.taskRuns.event(type, object as never);
    else if (kind === "pipelineruns" && !isChild(object)) this.#store.runs.event(type, object as PipelineRun);
  }

  /** Pepr's binding tells of its end alone. */
  #seeStatefulSet(type: WatchEvent["type"], statefulSet: V1StatefulSet): void {
    if (type === "DELETED") this.#store.statefulSet(type, statefulSet);
  }

  /** @returns whether there was anything to do: one look at a run, or an event that was late */
  async acts(): Promise<boolean> {
    const [text] = this.#queue;
    if (text !== undefined) {
      this.#queue.delete(text);
      await this.#reconcile(text);
      return true;
    }
    const event = this.#late.shift();
    if (event !== undefined) this.#see(event);
    return event !== undefined;
  }

  async #reconcile(text: string): Promise<void> {
    const tries = this.#failures.get(text) ?? 0;
    const { version } = this.api;
    try {
      const again = await this.#reconciler.reconcile(fromText(text), tries);
      this.#failures.delete(text);
      if (this.api.version !== version) this.#idleLooks = 0;
      const isDue = again !== undefined && again <= MOST_SECONDS * 1000;
      if (isDue && this.#idleLooks++ < MOST_IDLE_LOOKS) {
        this.options.pass?.(again);
        this.#queue.add(text);
      }
    } catch (error) {
      if (error instanceof Died) return this.#die();
      this.#failures.set(text, tries + 1);
      this.#queue.add(text);
    }
  }

  /** The resync. */
  async compares(): Promise<void> {
    await compare(this.#cluster, this.#store, run => this.#queue.add(asText(run)), {
      pause: () => Promise.resolve(),
    });
    for (const text of this.#store.keys()) this.#queue.add(text);
    this.#idleLooks = 0;
  }

  #die(): void {
    this.isDead = true;
    this.#stopWatching();
  }
}
