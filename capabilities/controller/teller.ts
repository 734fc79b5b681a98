/** Tells people on the run, each thing once: what this process has told already costs no request. */
import { eventFor } from "../kube/events";
import type { Cluster } from "../kube/cluster";
import type { Warning } from "../phases/steps";
import type { PipelineRun } from "../tekton/objects";
import { placeholdersRefused } from "./metrics";

const MOST_REMEMBERED = 10_000;

export class Teller {
  readonly #told = new Set<string>();

  constructor(private readonly cluster: Cluster) {}

  async tell(run: PipelineRun | undefined, warnings: readonly Warning[] = []): Promise<void> {
    if (run === undefined) return;
    for (const warning of warnings) {
      const now = new Date();
      // The Event's name says of which run it is, and what it is about.
      const { metadata } = eventFor(run, warning, now);
      const id = `${metadata.namespace}/${metadata.name}`;
      if (this.#told.has(id)) continue;
      const isNews = await this.cluster.runs.warn(run, warning, now);
      if (this.#told.size >= MOST_REMEMBERED) this.#told.clear();
      this.#told.add(id);
      if (isNews && warning.refused !== undefined) placeholdersRefused.inc({ reason: warning.refused });
    }
  }
}
