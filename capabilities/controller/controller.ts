/** The controller's one queue of runs, and what puts runs into it. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { Log } from "pepr";
import { endingKeys } from "../choices/ending-keys";
import type { Settings } from "../choices/settings";
import { NO_DEFAULTS, tektonDefaultsOf } from "../demand/tekton-defaults";
import { NotAllowedToWrite } from "../kube/client";
import type { Cluster } from "../kube/cluster";
import { describeError, isOutdated, retryAfterMilliseconds } from "../kube/errors";
import type { Observed } from "../phases/observed";
import { compare } from "../store/compare";
import { asText, fromText, type RunKey } from "../tekton/run-key";
import type { Place } from "../store/entry";
import type { Flags } from "../tekton/assistant";
import { Store } from "../store/store";
import type { Watches } from "../store/watches";
import type { Parts } from "./parts";
import { Outdated } from "./failure";
import { Reconciler } from "./reconcile";
import { countRetry, measuringWork } from "./metrics";
import { WorkQueue, type Line } from "./work-queue";

/** The one key of the queue of looks at everything. */
const ALL = "all";

/** People find the pod by it; a container that is started again in the same pod has another one. */
const processName = (): string => `${process.env.POD_NAME ?? hostname()}_${randomUUID().slice(0, 8)}`;

/** A change of these may be what the run waits for. */
const lineOf = (place: Place | "node"): Line => (place === "run" ? "new" : "continued");

/** Works only between `start` and `stop`: while this process is the one of several that acts. */
export class Controller {
  readonly #store: Store;
  readonly #runs: WorkQueue;
  readonly #comparisons: WorkQueue;
  readonly #watches: Watches;
  /** Grows with each start and stop, so that what an earlier one had begun goes on no further. */
  #term = 0;
  /** The one that work was last begun in. */
  #begun: number | undefined;
  #filling: Promise<void> = Promise.resolve();
  /** Resolves when nothing of an earlier term is under way any more. */
  #ended: Promise<unknown> = Promise.resolve();
  #tektonDefaults = NO_DEFAULTS;

  constructor(
    private readonly cluster: Cluster,
    private readonly settings: Settings,
    watchesFor: (store: Store) => Watches,
  ) {
    const isEnding = endingKeys(settings.NODE_ENDING_KEYS);
    this.#store = new Store((run, place) => this.#queue(run, lineOf(place)), isEnding);
    this.#watches = watchesFor(this.#store);
    const parts: Parts = {
      cluster,
      settings,
      store: this.#store,
      me: processName(),
      tektonDefaults: () => ({
        ...this.#tektonDefaults,
        resultsBySidecar: this.#store.resultsBySidecar,
      }),
    };
    const reconciler = new Reconciler(parts);
    const retries = {
      retryBaseMilliseconds: settings.RETRY_BASE_MILLISECONDS,
      retryLimitMilliseconds: settings.RETRY_LIMIT_SECONDS * 1000,
      leastPause: retryAfterMilliseconds,
    };
    this.#runs = new WorkQueue(
      (text, tries) => this.#ifActive(() => measuringWork(() => reconciler.reconcile(fromText(text), tries))),
      {
        ...retries,
        workers: settings.WORKERS,
        onFailure: (run, error, retryMilliseconds) => this.#logFailure({ run }, error, retryMilliseconds),
      },
    );
    this.#comparisons = new WorkQueue(() => this.#ifActive(() => this.#compare()), {
      ...retries,
      workers: 1,
      onFailure: (_all, error, retryMilliseconds) =>
        Log.warn(
          { error: describeError(error), retryMilliseconds: Math.round(retryMilliseconds) },
          "What the watches told could not be compared with what is there; trying again",
        ),
    });
  }

  /** The queue of runs, for those who look at how it does. */
  get queue(): Pick<WorkQueue, "depth" | "working" | "delayed"> {
    return this.#runs;
  }

  /** All that is known of each run. */
  *observed(): Iterable<Observed> {
    for (const text of this.#store.keys()) yield this.#store.lookUp(fromText(text)).observed;
  }

  /** Pepr's binding saw that a placeholder's StatefulSet is gone. */
  statefulSetGone(statefulSet: Parameters<Store["statefulSet"]>[1]): void {
    if (this.#active) this.#store.statefulSet("DELETED", statefulSet);
  }

  /** Tekton's feature flags changed: every held run may depend on them. */
  flagsChanged(flags: Flags): void {
    Object.assign(this.#store, flags);
    if (this.#active) this.#queueAll();
  }

  /** Tekton's defaults changed: what is made from now on goes by them. Of those that it cannot read Tekton takes none. */
  defaultsChanged(data: Record<string, string> | undefined): void {
    try {
      this.#tektonDefaults = tektonDefaultsOf(data);
    } catch (error) {
      Log.warn({ error: describeError(error) }, "Tekton's config-defaults cannot be read; as before");
    }
  }

  /**
   * Fills the store, then works on every run in it, and on those that change. A Lease that is lost may be had again a
   * moment later: what is still under way from before comes to its end first, as it writes into the same store.
   */
  start(): void {
    const term = ++this.#term;
    void this.#ended.then(() => (this.#filling = this.#fill(term)));
  }

  /** Begins nothing any more. Resolves when what is under way has ended; its writes are guarded. */
  async stop(): Promise<void> {
    this.#term++;
    await (this.#ended = Promise.allSettled([this.#ended, this.#end()]));
  }

  async #end(): Promise<void> {
    await Promise.all([this.#watches.stop(), this.#filling, this.#runs.clear(), this.#comparisons.clear()]);
    // What stands by holds nothing.
    this.#store.clear();
  }

  get #active(): boolean {
    return this.#begun === this.#term;
  }

  async #fill(term: number): Promise<void> {
    this.#begun = term;
    const isOn = () => this.#term === term;
    await Promise.all([this.#readDefaults(), this.#preparePriorityClasses()]);
    if (isOn()) await this.#watches.start(isOn);
    if (!isOn()) return;
    Log.info({ runs: this.#store.size }, "All runs and placeholders are known");
    this.#queueAll();
    this.#comparisons.addAfter(ALL, this.settings.RESYNC_SECONDS * 1000);
  }

  /** Pepr's binding may tell of them only after the first runs. */
  async #readDefaults(): Promise<void> {
    try {
      this.defaultsChanged(await this.cluster.surroundings.configDefaults());
    } catch (error) {
      Log.warn(
        { error: describeError(error) },
        "Tekton's config-defaults could not be read; without them for now",
      );
    }
  }

  /** Without them, each is read when a run needs it. */
  async #preparePriorityClasses(): Promise<void> {
    try {
      await this.cluster.surroundings.preparePriorityClasses(this.settings.PLACEHOLDER_PREEMPTION);
    } catch (error) {
      Log.warn({ error: describeError(error) }, "Priority classes could not be prepared; trying again later");
    }
  }

  #queue(key: RunKey, line: Line): void {
    if (this.#active && this.#watches.areReady) this.#runs.add(asText(key), line);
  }

  #queueAll(): void {
    if (!this.#watches.areReady) return;
    for (const text of this.#store.keys()) this.#runs.add(text);
  }

  async #ifActive<T>(work: () => Promise<T>): Promise<T | undefined> {
    return this.#active ? work() : undefined;
  }

  /** Events get lost; and a run whose timer was lost with a worker comes back. */
  async #compare(): Promise<number> {
    Object.assign(this.#store, await this.cluster.surroundings.featureFlags());
    this.defaultsChanged(await this.cluster.surroundings.configDefaults());
    await this.#preparePriorityClasses();
    await compare(this.cluster, this.#store, key => this.#queue(key, "continued"), {
      isOn: () => this.#active,
    });
    this.#queueAll();
    return this.settings.RESYNC_SECONDS * 1000;
  }

  #logFailure(details: { run: string }, error: unknown, retryMilliseconds: number): void {
    const all = { ...details, error: describeError(error), retryMilliseconds: Math.round(retryMilliseconds) };
    if (error instanceof NotAllowedToWrite) return Log.info(all, "Left to the controller that acts now");
    const hasChanged = error instanceof Outdated || isOutdated(error);
    countRetry(hasChanged ? "outdated" : "error");
    if (hasChanged) {
      Log.info(all, "The run has changed meanwhile; looking again");
    } else Log.warn(all, "The run's next step failed; trying again");
  }
}
