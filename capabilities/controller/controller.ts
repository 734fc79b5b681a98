/** Acts while this process has the Lease: what Pepr's bindings tell goes to the term that is on. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { Log } from "pepr";
import type { Settings } from "../choices/settings";
import { NO_DEFAULTS, tektonDefaultsOf } from "../demand/tekton-defaults";
import type { Cluster } from "../kube/cluster";
import { describeError } from "../kube/errors";
import type { Observed } from "../phases/observed";
import type { Store } from "../store/store";
import type { Watches } from "../store/watches";
import type { Flags } from "../tekton/assistant";
import { Term } from "./term";
import type { WorkQueue } from "./work-queue";

/** People find the pod by it; a container that is started again in the same pod has another one. */
const processName = (): string => `${process.env.POD_NAME ?? hostname()}_${randomUUID().slice(0, 8)}`;

const NOTHING_QUEUED = { depth: 0, working: 0, delayed: 0 };

/** Works only between `start` and `stop`: while this process is the one of several that acts. */
export class Controller {
  readonly #me = processName();
  #term: Term | undefined;
  /** Of terms whose work has not ended yet. */
  readonly #endings = new Set<Promise<void>>();
  #flags: Partial<Flags> = {};
  #tektonDefaults = NO_DEFAULTS;

  constructor(
    private readonly cluster: Cluster,
    private readonly settings: Settings,
    private readonly watchesFor: (store: Store) => Watches,
  ) {}

  /** The queue of runs, for those who look at how it does. */
  get queue(): Pick<WorkQueue, "depth" | "working" | "delayed"> {
    return this.#term?.queue ?? NOTHING_QUEUED;
  }

  /** All that is known of each run. */
  observed(): Iterable<Observed> {
    return this.#term?.observed() ?? [];
  }

  /** Pepr's binding saw that a placeholder's StatefulSet is gone. */
  statefulSetGone(statefulSet: Parameters<Store["statefulSet"]>[1]): void {
    this.#term?.statefulSetGone(statefulSet);
  }

  /** Tekton's feature flags changed: every held run may depend on them. */
  flagsChanged(flags: Flags): void {
    this.#flags = flags;
    this.#term?.flagsChanged(flags);
  }

  /** Tekton's defaults changed: what is made from now on goes by them. Of those that it cannot read Tekton takes none. */
  defaultsChanged(data: Record<string, string> | undefined): void {
    try {
      this.#tektonDefaults = tektonDefaultsOf(data);
    } catch (error) {
      Log.warn({ error: describeError(error) }, "Tekton's config-defaults cannot be read; as before");
    }
  }

  /** Begins anew: a Lease that is lost may be had again a moment later, while work of before is under way. */
  start(): void {
    this.#term = new Term(this.cluster, this.settings, {
      me: this.#me,
      watchesFor: this.watchesFor,
      flags: this.#flags,
      tektonDefaults: () => this.#tektonDefaults,
      told: {
        flags: flags => void (this.#flags = flags),
        defaults: data => this.defaultsChanged(data),
      },
    });
    void this.#term.start();
  }

  /** Begins nothing any more. Resolves when what is under way has ended; its writes are guarded. */
  async stop(): Promise<void> {
    const term = this.#term;
    // What stands by holds nothing.
    this.#term = undefined;
    if (term !== undefined) {
      const ending: Promise<void> = term.stop().finally(() => this.#endings.delete(ending));
      this.#endings.add(ending);
    }
    await Promise.all(this.#endings);
  }
}
