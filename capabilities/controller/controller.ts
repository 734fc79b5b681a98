/** The controller's one queue of runs, and what puts runs into it. */
import type { V1ObjectMeta } from "@kubernetes/client-node";
import { Log } from "pepr";
import { asText, type Cluster, type RunKey } from "../kube/cluster";
import type { Settings } from "../choices/settings";
import { placeholderName } from "../placement/names";
import { PLACEHOLDER_LABEL, ROOT_ANNOTATION, TEKTON_PIPELINE_RUN_LABEL } from "../keys";
import { NotAllowedToWrite } from "../kube/client";
import { describeError, isOutdated, retryAfterMilliseconds } from "../kube/errors";
import { reconcile } from "./reconcile";
import { WorkQueue, type Line } from "./work-queue";

const fromText = (text: string): RunKey => {
  const [namespace, name] = text.split("/");
  return { namespace: namespace!, name: name! };
};

/** The run that a placeholder, a TaskRun or a pod belongs to, be it by way of child runs. */
export function rootRunOf({ metadata }: { metadata?: V1ObjectMeta }): RunKey | undefined {
  const name = metadata?.annotations?.[ROOT_ANNOTATION] ?? metadata?.labels?.[TEKTON_PIPELINE_RUN_LABEL];
  const placeholder = metadata?.labels?.[PLACEHOLDER_LABEL] ?? metadata?.name;
  if (name === undefined || placeholderName(name) !== placeholder) return undefined;
  return { namespace: metadata!.namespace!, name };
}

/** A run is not looked at more often than that: of a pod's start alone there are five events within it. */
const LEAST_INTERVAL_MILLISECONDS = 250;

/** The one key of the queue of looks at everything. */
const ALL = "all";

/** Works only between `start` and `stop`: while this process is the one of several that acts. */
export class Controller {
  readonly #runs: WorkQueue;
  readonly #looks: WorkQueue;
  #active = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly settings: Settings,
  ) {
    const retries = {
      retryBaseMilliseconds: settings.RETRY_BASE_MILLISECONDS,
      retryLimitMilliseconds: settings.RETRY_LIMIT_SECONDS * 1000,
      leastPause: retryAfterMilliseconds,
    };
    this.#runs = new WorkQueue(text => this.#ifActive(() => reconcile(fromText(text), cluster, settings)), {
      ...retries,
      workers: settings.WORKERS,
      leastInterval: LEAST_INTERVAL_MILLISECONDS,
      onFailure: (run, error, retryMilliseconds) => this.#tellFailure({ run }, error, retryMilliseconds),
    });
    this.#looks = new WorkQueue(() => this.#ifActive(() => this.#lookAtAll()), {
      ...retries,
      workers: 1,
      onFailure: (_all, error, retryMilliseconds) =>
        Log.warn(
          { error: describeError(error), retryMilliseconds: Math.round(retryMilliseconds) },
          "Could not list held runs and placeholders; trying again",
        ),
    });
  }

  /**
   * A binding saw something about the run.
   *
   * @param line "continued" when it may be what the run waits for, as a change of its placeholder's pod is
   */
  see(key: RunKey | undefined, line: Line = "new"): void {
    if (key === undefined || !this.#active) return;
    this.#runs.add(asText(key), line);
  }

  /** Looks at every held run and every placeholder, whatever events said: they get lost. */
  lookAtAll(): void {
    if (this.#active) this.#looks.add(ALL);
  }

  /** Looks at everything now, and again every RESYNC_SECONDS: what came before was not acted upon. */
  start(): void {
    this.#active = true;
    this.lookAtAll();
  }

  /** Begins nothing any more. Resolves when what is under way has ended; its writes are guarded. */
  async stop(): Promise<void> {
    this.#active = false;
    await Promise.all([this.#runs.clear(), this.#looks.clear()]);
  }

  async #ifActive<T>(work: () => Promise<T>): Promise<T | undefined> {
    return this.#active ? work() : undefined;
  }

  async #lookAtAll(): Promise<number> {
    await this.cluster.eachRunToLookAt((key, isDue) => this.see(key, isDue ? "continued" : "new"));
    return this.settings.RESYNC_SECONDS * 1000;
  }

  #tellFailure(details: { run: string }, error: unknown, retryMilliseconds: number): void {
    const all = { ...details, error: describeError(error), retryMilliseconds: Math.round(retryMilliseconds) };
    if (error instanceof NotAllowedToWrite) Log.info(all, "Left to the controller that acts now");
    else if (isOutdated(error)) Log.info(all, "The run has changed meanwhile; looking again");
    else Log.warn(all, "The run's next step failed; trying again");
  }
}
