/** Carries a step out: its writes, each with a guard, and what they answer put into the store. */
import type { V1StatefulSet } from "@kubernetes/client-node";
import { Log } from "pepr";
import { exceeds } from "../demand/resources";
import { describeError, isResizeRefused } from "../kube/errors";
import type { Observed } from "../phases/observed";
import type { Action, Step } from "../phases/steps";
import { hasLimits, requestedBy, resizedResources } from "../room/placeholder-size";
import type { PipelineRun } from "../tekton/objects";
import { asText, type RunKey } from "../tekton/run-key";
import type { Warning } from "../tekton/warning";
import { Outdated } from "./failure";
import { guardDeletion, guardMove } from "./guards";
import { makePlaceholder } from "./make-placeholder";
import { resizesRefused } from "./metrics";
import type { Parts } from "./parts";
import { reserveAgain } from "./reserve-again";
import { pin, pinByFloor, settle, startOver } from "./template-changes";

/** What became of a step. */
export interface Result {
  /** Whether what changed is in the store, so that the next step can follow at once. */
  goOn: boolean;
  /** What people have to know besides. */
  warnings?: Warning[];
  /** What is known besides what the store holds, for the next decision. */
  more?: Partial<Observed>;
  /** Why nothing further can be done now. */
  blocked?: string;
}

const GO_ON: Result = { goOn: true };
const WAIT: Result = { goOn: false };

type Of<K extends Action["kind"]> = Extract<Step, { kind: K }>;

export class CarryOut {
  /** Whether the log has said that placeholders cannot be resized: it is so for all of them, or for none. */
  #saidNoResize = false;

  constructor(private readonly parts: Parts) {}

  async do(step: Step, key: RunKey, observed: Observed, isWhole: boolean): Promise<Result> {
    const { cluster, store } = this.parts;
    const { runs, placeholders } = cluster;
    const { run, statefulSet } = observed;
    switch (step.kind) {
      case "none":
      case "wait":
        return WAIT;
      case "make-placeholder":
        return this.#make(await this.#wholeRun(key, observed, isWhole), observed);
      case "settle-placeholder": {
        const whole = await this.#wholeRun(key, observed, isWhole);
        return this.#changed(settle(cluster, whole, statefulSet!));
      }
      case "pin-placeholder": {
        const whole = await this.#wholeRun(key, observed, isWhole);
        return this.#changed(pin(cluster, whole, statefulSet!, step));
      }
      case "start-over": {
        const whole = await this.#wholeRun(key, observed, isWhole);
        return this.#changed(startOver(cluster, whole, observed, step));
      }
      case "remake-pod":
        if (observed.run !== undefined) await guardMove(this.parts, key, observed);
        await placeholders.deletePod(step.pod);
        return WAIT;
      case "reserve-again": {
        // The store has the run, but not what stands in its status.
        const whole = await this.#wholeRun(key, observed, false);
        const { written, warnings } = await reserveAgain(
          this.parts,
          whole,
          statefulSet!,
          step.learned,
          observed.pods,
        );
        store.statefulSet("MODIFIED", written);
        return { goOn: true, warnings };
      }
      case "resize":
        return this.#resize(step, key, observed, isWhole);
      case "withdraw-growth":
        store.statefulSet("MODIFIED", await placeholders.noteGrowthRefused(statefulSet!, new Date()));
        return this.#resize(step, key, observed, isWhole);
      case "release":
        store.written("run", await runs.release(run!, step));
        return GO_ON;
      case "let-go":
        store.written("run", await runs.letGo(run!));
        return WAIT;
      case "cancel":
        store.written("run", await runs.cancel(run!));
        return WAIT;
      case "delete-placeholder":
        await guardDeletion(this.parts, key, observed);
        await placeholders.delete(statefulSet!);
        return WAIT;
    }
  }

  /** The run with its whole spec, as it was when it was seen. */
  async #wholeRun(key: RunKey, { run }: Observed, isWhole: boolean): Promise<PipelineRun> {
    if (isWhole) return run!;
    const read = await this.parts.cluster.readRun(key);
    if (read?.metadata?.uid !== run!.metadata!.uid)
      throw new Outdated("the run is not the one that was seen");
    return read!;
  }

  async #changed(writing: Promise<V1StatefulSet>): Promise<Result> {
    this.parts.store.statefulSet("MODIFIED", await writing);
    return GO_ON;
  }

  async #make(run: PipelineRun, observed: Observed): Promise<Result> {
    const outcome = await makePlaceholder(run, observed, this.parts.cluster, this.parts.settings);
    const { warnings } = outcome;
    if ("refusal" in outcome) return { goOn: true, warnings, more: { refusal: outcome.refusal } };
    if ("contradictions" in outcome) {
      return {
        goOn: false,
        warnings,
        blocked: `its pod templates contradict each other: ${outcome.contradictions.join("; ")}`,
      };
    }
    this.parts.store.statefulSet("ADDED", outcome.made);
    return { goOn: false, warnings };
  }

  async #resize(
    step: Of<"resize" | "withdraw-growth">,
    key: RunKey,
    observed: Observed,
    isWhole: boolean,
  ): Promise<Result> {
    const { cluster, store } = this.parts;
    const { pod, size } = step;
    const statefulSet = observed.statefulSet!;
    const grows = exceeds(size, requestedBy(pod.spec!)).length > 0;
    try {
      const resources = resizedResources(pod, size, hasLimits(statefulSet));
      store.written("pods", await cluster.placeholders.resizePod(pod, resources));
      return GO_ON;
    } catch (error) {
      if (!isResizeRefused(error)) throw error;
      resizesRefused.inc({ direction: grows ? "growth" : "shrink" });
      if (grows) {
        return this.#changed(cluster.placeholders.noteGrowthRefused(statefulSet, new Date()));
      }
      const why = "A placeholder cannot be resized in place: a small one takes its place and keeps no room";
      if (!this.#saidNoResize) Log.warn({ run: asText(key), error: describeError(error) }, why);
      this.#saidNoResize = true;
      const run = await this.#wholeRun(key, observed, isWhole);
      return this.#changed(pinByFloor(cluster, run, statefulSet, pod));
    }
  }
}
