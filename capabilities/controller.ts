/** The controller's one queue of runs, and what puts runs into it. */
import type { V1ObjectMeta } from "@kubernetes/client-node";
import { Log } from "pepr";
import { describeError, isOutdated, type Cluster, type RunKey } from "./cluster";
import type { Settings } from "./config";
import { placeholderName } from "./decide/names";
import { PLACEHOLDER_LABEL, ROOT_ANNOTATION, TEKTON_PIPELINE_RUN_LABEL } from "./keys";
import { reconcile } from "./reconcile";
import { WorkQueue } from "./work-queue";

const asText = ({ namespace, name }: RunKey): string => `${namespace}/${name}`;
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

export class Controller {
  readonly #queue: WorkQueue;
  #resync: NodeJS.Timeout | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly settings: Settings,
  ) {
    this.#queue = new WorkQueue(text => reconcile(fromText(text), cluster, settings), {
      workers: settings.WORKERS,
      retryBaseMilliseconds: settings.RETRY_BASE_MILLISECONDS,
      retryLimitMilliseconds: settings.RETRY_LIMIT_SECONDS * 1000,
      onFailure: (run, error, retryMilliseconds) => {
        const details = {
          run,
          error: describeError(error),
          retryMilliseconds: Math.round(retryMilliseconds),
        };
        if (isOutdated(error)) Log.info(details, "The run has changed meanwhile; looking again");
        else Log.warn(details, "The run's next step failed; trying again");
      },
    });
  }

  /** A binding saw something about the run. */
  see(key: RunKey | undefined): void {
    if (key === undefined) return;
    this.#queue.add(asText(key));
  }

  /** Looks at every held run and every placeholder, whatever events said: they get lost. */
  async lookAtAll(): Promise<void> {
    try {
      for (const key of await this.cluster.runsToLookAt()) this.#queue.add(asText(key));
    } catch (error) {
      Log.warn(
        { error: describeError(error) },
        `Could not list held runs and placeholders; trying again in ${this.settings.RESYNC_SECONDS} s`,
      );
    }
  }

  /** Looks at everything now, and again every RESYNC_SECONDS; of effect once. */
  start(): void {
    if (this.#resync !== undefined) return;
    this.#resync = setInterval(() => void this.lookAtAll(), this.settings.RESYNC_SECONDS * 1000);
    void this.lookAtAll();
  }
}
