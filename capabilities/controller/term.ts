/**
 * One time of acting, from when the Lease is had until it is lost: one store, one queue of runs, and what puts runs into
 * it. All of it is the term's own, and ends with it: a late answer to what an earlier one asked cannot mislead it.
 */
import { Log } from "pepr";
import { endingKeys } from "../choices/ending-keys";
import type { Settings } from "../choices/settings";
import type { TektonDefaults } from "../demand/tekton-defaults";
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
import { Outdated } from "./failure";
import { Reconciler } from "./reconcile";
import { countRetry, measuringWork } from "./metrics";
import { WorkQueue, type Line } from "./work-queue";

/** The one key of the queue of looks at everything. */
const ALL = "all";

/** A change of these may be what the run waits for. */
const lineOf = (place: Place | "node"): Line => (place === "run" ? "new" : "continued");

/** What no run waits for. */
async function orSay(failed: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    Log.warn({ error: describeError(error) }, failed);
  }
}

export interface TermOptions {
  /** The name of this process, in this life. */
  me: string;
  watchesFor: (store: Store) => Watches;
  /** Tekton's, as far as they were told. */
  flags: Partial<Flags>;
  /** As they are now. */
  tektonDefaults: () => TektonDefaults;
  /** Called with what Tekton's ConfigMaps say, whenever they were read. */
  told: { flags: (flags: Flags) => void; defaults: (data: Record<string, string> | undefined) => void };
}

export class Term {
  readonly #store: Store;
  readonly #runs: WorkQueue;
  readonly #comparisons: WorkQueue;
  readonly #watches: Watches;
  #isOn = true;

  constructor(
    private readonly cluster: Cluster,
    private readonly settings: Settings,
    private readonly options: TermOptions,
  ) {
    const isEnding = endingKeys(settings.NODE_ENDING_KEYS);
    const store = new Store((run, place) => this.#queue(run, lineOf(place)), isEnding);
    this.#store = Object.assign(store, options.flags);
    this.#watches = options.watchesFor(store);
    const tektonDefaults = () => ({
      ...options.tektonDefaults(),
      resultsBySidecar: store.resultsBySidecar,
    });
    const reconciler = new Reconciler({ cluster, settings, store, me: options.me, tektonDefaults });
    const retries = {
      retryBaseMilliseconds: settings.RETRY_BASE_MILLISECONDS,
      retryLimitMilliseconds: settings.RETRY_LIMIT_SECONDS * 1000,
      leastPause: retryAfterMilliseconds,
    };
    const isOn = () => this.#isOn;
    this.#runs = new WorkQueue(
      (text, tries) =>
        this.#ifOn(() => measuringWork(() => reconciler.reconcile(fromText(text), tries, isOn))),
      {
        ...retries,
        workers: settings.WORKERS,
        onFailure: (run, error, retryMilliseconds) => this.#logFailure({ run }, error, retryMilliseconds),
      },
    );
    this.#comparisons = new WorkQueue(() => this.#ifOn(() => this.#compare(isOn)), {
      ...retries,
      workers: 1,
      onFailure: (_all, error, retryMilliseconds) =>
        Log.warn(
          { error: describeError(error), retryMilliseconds: Math.round(retryMilliseconds) },
          "What the watches told could not be compared with what is there; trying again",
        ),
    });
  }

  get queue(): Pick<WorkQueue, "depth" | "working" | "delayed"> {
    return this.#runs;
  }

  *observed(): Iterable<Observed> {
    for (const text of this.#store.keys()) yield this.#store.lookUp(fromText(text)).observed;
  }

  statefulSetGone(statefulSet: Parameters<Store["statefulSet"]>[1]): void {
    this.#store.statefulSet("DELETED", statefulSet);
  }

  flagsChanged(flags: Flags): void {
    Object.assign(this.#store, flags);
    this.#queueAll();
  }

  /** Fills the store, then works on every run in it, and on those that change. */
  async start(): Promise<void> {
    await Promise.all([this.#readDefaults(), this.#preparePriorityClasses()]);
    if (this.#isOn) await this.#watches.start(() => this.#isOn);
    if (!this.#isOn) return;
    Log.info({ runs: this.#store.size }, "All runs and placeholders are known");
    this.#queueAll();
    const { RESYNC_SECONDS, REQUEST_TIMEOUT_SECONDS } = this.settings;
    // What was still under way when this term began, here or elsewhere, has come to its end by then.
    this.#comparisons.addAfter(ALL, Math.min(RESYNC_SECONDS, REQUEST_TIMEOUT_SECONDS) * 1000);
  }

  /** Begins nothing any more. Resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.#isOn = false;
    await Promise.all([this.#watches.stop(), this.#runs.clear(), this.#comparisons.clear()]);
  }

  /** Pepr's binding may tell of them only after the first runs. */
  #readDefaults(): Promise<void> {
    return orSay("Tekton's config-defaults could not be read; as before for now", async () =>
      this.options.told.defaults(await this.cluster.surroundings.configDefaults()),
    );
  }

  /** They are watched: only an event that got lost is found so. */
  #readFlags(): Promise<void> {
    return orSay("Tekton's feature flags could not be read; as before for now", async () => {
      const flags = await this.cluster.surroundings.featureFlags();
      Object.assign(this.#store, flags);
      this.options.told.flags(flags);
    });
  }

  /** Without them, each is read when a run needs it. */
  #preparePriorityClasses(): Promise<void> {
    return orSay("Priority classes could not be prepared; trying again later", () =>
      this.cluster.surroundings.preparePriorityClasses(this.settings.PLACEHOLDER_PREEMPTION),
    );
  }

  #queue(key: RunKey, line: Line): void {
    if (this.#isOn && this.#watches.areReady) this.#runs.add(asText(key), line);
  }

  #queueAll(): void {
    if (!this.#watches.areReady) return;
    for (const text of this.#store.keys()) this.#runs.add(text);
  }

  async #ifOn<T>(work: () => Promise<T>): Promise<T | undefined> {
    return this.#isOn ? work() : undefined;
  }

  /** Events get lost; and a run whose timer was lost with a worker comes back. */
  async #compare(isOn: () => boolean): Promise<number> {
    await Promise.all([this.#readFlags(), this.#readDefaults(), this.#preparePriorityClasses()]);
    await compare(this.cluster, this.#store, key => this.#queue(key, "continued"), { isOn });
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
