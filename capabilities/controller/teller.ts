/** Tells people on the run, each thing once: what this process has told already costs no request. */
import { Log } from "pepr";
import { describeError, refusalOf, statusOf } from "../kube/errors";
import { eventFor } from "../kube/events";
import type { Cluster } from "../kube/cluster";
import type { Warning } from "../tekton/warning";
import type { PipelineRun } from "../tekton/objects";
import { placeholdersRefused } from "./metrics";

const MOST_REMEMBERED = 10_000;

export class Teller {
  readonly #told = new Set<string>();

  constructor(private readonly cluster: Cluster) {}

  /** No run waits for it: what cannot be told now goes to the log. */
  tellLater(run: PipelineRun | undefined, warnings: readonly Warning[] = []): void {
    this.tell(run, warnings).catch((error: unknown) =>
      Log.warn({ error: describeError(error), warnings }, "An Event could not be made"),
    );
  }

  async tell(run: PipelineRun | undefined, warnings: readonly Warning[] = []): Promise<void> {
    if (run === undefined) return;
    for (const warning of warnings) {
      const now = new Date();
      // The Event's name says of which run it is, and what it is about.
      const { metadata } = eventFor(run, warning, now);
      const id = `${metadata.namespace}/${metadata.name}`;
      if (this.#told.has(id)) continue;
      const isNews = await this.#warn(run, warning, now);
      if (this.#told.size >= MOST_REMEMBERED) this.#told.clear();
      this.#told.add(id);
      if (isNews && warning.refused !== undefined) placeholdersRefused.inc({ reason: warning.refused });
    }
  }

  /** No run depends on it: where its namespace takes no Events (it is being deleted, or has a quota of them), the log has to do. */
  async #warn(run: PipelineRun, warning: Warning, now: Date): Promise<boolean> {
    try {
      return await this.cluster.runs.warn(run, warning, now);
    } catch (error) {
      if (refusalOf(error) === undefined && statusOf(error) !== 404) throw error;
      const { namespace, name } = run.metadata!;
      const { reason, message } = warning;
      Log.warn(
        { run: `${namespace}/${name}`, reason, message, error: describeError(error) },
        "No Event was taken",
      );
      return false;
    }
  }
}
