/** Has everything that is planned done when its time has come. */
import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { Adversary } from "./actors/adversary";
import type { Recordings } from "./actors/bodies";
import { Disturber } from "./actors/disturber";
import { NamespaceActor } from "./actors/namespaces";
import { RunActor } from "./actors/runs";
import type { Stage } from "./actors/stage";
import type { Plan } from "./plan/plan";

/** A namespace takes a while to be usable. */
const NAMESPACE_AHEAD_MILLISECONDS = 3_000;

export class Director {
  readonly adversary: Adversary;
  readonly #runs: RunActor;
  readonly #namespaces: NamespaceActor;
  readonly #disturber: Disturber;
  readonly #over = new AbortController();

  constructor(
    private readonly stage: Stage,
    private readonly plan: Plan,
    recordings: Recordings,
  ) {
    this.#runs = new RunActor(stage, recordings);
    this.#namespaces = new NamespaceActor(stage, recordings);
    this.#disturber = new Disturber(stage);
    this.adversary = new Adversary(stage, this.#runs);
    // One listener for each thing that is planned.
    setMaxListeners(Infinity, this.#over.signal);
  }

  /** Makes the namespaces that are there from the start. */
  async prepare(): Promise<void> {
    for (const namespace of this.plan.namespaces) {
      if (namespace.from === 0) await this.#namespaces.create(namespace);
    }
  }

  /** @param enter called when a phase begins */
  begin(enter: (isCalm: boolean) => void): void {
    const start = Date.now();
    const at = (milliseconds: number, work: () => Promise<void> | void): void => {
      if (milliseconds < Infinity) void this.#later(start + milliseconds - Date.now(), work);
    };
    for (const { at: time, isCalm } of this.plan.phases) at(time, () => enter(isCalm));
    for (const namespace of this.plan.namespaces) {
      const ahead = namespace.from - NAMESPACE_AHEAD_MILLISECONDS;
      if (namespace.from > 0) at(ahead, () => this.#namespaces.create(namespace));
      at(namespace.until, () => this.#namespaces.delete(namespace));
    }
    for (const run of this.plan.runs) at(run.at, () => this.#runs.play(run));
    for (const disturbance of this.plan.disturbances) {
      at(disturbance.at, () => this.#disturber.play(disturbance));
    }
  }

  async #later(milliseconds: number, work: () => Promise<void> | void): Promise<void> {
    try {
      await delay(milliseconds, undefined, { signal: this.#over.signal });
      await work();
    } catch (error) {
      if (!this.#over.signal.aborted) this.stage.problems.set(String(error), 1);
    }
  }

  /** What has not been begun is not any more. */
  end(): void {
    this.#over.abort();
  }
}
