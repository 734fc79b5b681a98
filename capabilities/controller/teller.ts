/**
 * Tells people on the run, as Events. What is told once is one Event, whoever tells it again; while it goes on, that Event
 * becomes a series, as client-go's recorder of events.k8s.io makes them.
 */
import { Log } from "pepr";
import { describeError, refusalOf, statusOf } from "../kube/errors";
import { eventFor } from "../kube/events";
import type { Cluster } from "../kube/cluster";
import type { Warning } from "../tekton/warning";
import type { PipelineRun } from "../tekton/objects";
import { countEvent, countRefusal } from "./metrics";
import { firstTold, isDue, seenAgain, type Told } from "./series";

const MOST_REMEMBERED = 10_000;

type Runs = Pick<Cluster["runs"], "warn" | "repeat">;

export class Teller {
  readonly #told = new Map<string, Told>();

  constructor(
    private readonly cluster: { runs: Runs },
    private readonly me: string,
    private readonly clock: () => Date = () => new Date(),
  ) {}

  /** No run waits for it: what cannot be told now goes to the log. */
  tellLater(run: PipelineRun | undefined, warnings: readonly Warning[] = []): void {
    this.tell(run, warnings).catch((error: unknown) =>
      Log.warn({ error: describeError(error), warnings }, "An Event could not be made"),
    );
  }

  async tell(run: PipelineRun | undefined, warnings: readonly Warning[] = []): Promise<void> {
    if (run === undefined) return;
    for (const warning of warnings) {
      const now = this.clock();
      // The Event's name says of which run it is, and what it is about.
      const { metadata } = eventFor(run, warning, now, this.me);
      const id = `${metadata.namespace}/${metadata.name}`;
      const told = this.#told.get(id);
      if (told === undefined) await this.#first(id, run, warning, now);
      else this.#again(id, told, run, warning, now);
    }
  }

  async #first(id: string, run: PipelineRun, warning: Warning, now: Date): Promise<void> {
    const isNews = await this.#warn(run, warning, now);
    if (this.#told.size >= MOST_REMEMBERED) this.#told.clear();
    this.#told.set(id, firstTold(now.getTime(), isNews));
    if (!isNews) return;
    countEvent(warning.type ?? "Warning", warning.reason);
    if (warning.refused !== undefined) countRefusal(warning.refused);
  }

  /** Nothing waits for it: it is tried again when it is next seen to be so. */
  #again(id: string, before: Told, run: PipelineRun, warning: Warning, now: Date): void {
    const told = seenAgain(before, now.getTime());
    this.#told.set(id, told);
    if (!isDue(told)) return;
    const written = { ...told, written: told.observed };
    this.#told.set(id, written);
    this.cluster.runs.repeat(run, warning, told.count, now, this.me).then(
      count => this.#told.set(id, { ...(this.#told.get(id) ?? written), count }),
      (error: unknown) => {
        // It was kept for as long as the API server keeps Events: the next time it is told anew.
        if (statusOf(error) === 404) this.#told.delete(id);
        else Log.debug({ id, error: describeError(error) }, "An Event could not be told again");
      },
    );
  }

  /** No run depends on it: where its namespace takes no Events (it is being deleted, or has a quota of them), the log has to do. */
  async #warn(run: PipelineRun, warning: Warning, now: Date): Promise<boolean> {
    try {
      return await this.cluster.runs.warn(run, warning, now, this.me);
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
