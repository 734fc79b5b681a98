/**
 * What is to be said of a run's reservation, kept until there is something to say with it: one Event has to do for a run
 * that is placed at once. A process that ends takes it along; what the placeholder asks for stands on its StatefulSet.
 */
import type { PipelineRun } from "../tekton/objects";

/** Of up to a thousand characters each. */
const MOST_KEPT = 2_000;

export class Notes {
  readonly #kept = new Map<string, string>();

  keep(run: PipelineRun, text: string): void {
    if (text === "") return;
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    this.#kept.set(run.metadata!.uid!, text);
  }

  /** @returns what was kept, once */
  take(run: PipelineRun): string | undefined {
    const uid = run.metadata!.uid!;
    const text = this.#kept.get(uid);
    this.#kept.delete(uid);
    return text;
  }
}
