/** Carries a step out: its writes, each with a guard, and what they answer put into the store. */
import type { V1StatefulSet } from "@kubernetes/client-node";
import { Log } from "pepr";
import { HOSTNAME_TOPOLOGY } from "../keys";
import { describeError } from "../kube/errors";
import type { Observed } from "../phases/observed";
import { stageOf } from "../phases/phase";
import type { Action, MoveReason, Step } from "../phases/steps";
import type { PipelineRun } from "../tekton/objects";
import type { RunKey } from "../tekton/run-key";
import { isSetAside, SET_ASIDE, setAsideWarning, survivedByAll } from "./attempts";
import { deleteClaims } from "./delete-claims";
import { guardDeletion, guardMove, guardNode, guardSlot } from "./guards";
import { heldSeconds } from "./held-for";
import { countHoldEnded, countMove, countPlaced } from "./metrics";
import { MadeLately } from "./made-lately";
import { make, makePod } from "./make";
import { Notes } from "./notes";
import { GO_ON, noteAttempts, WAIT, wholeRun, type Parts, type Result, type TellLater } from "./parts";
import { movingEvent, placedEvent } from "./placed";
import { capAgain, reserveAgain } from "./reserve-again";
import { Resize } from "./resize";
import { noteClaims, noteGrowthRefused, pin, settle, startOver } from "./template-changes";

type Of<K extends Action["kind"]> = Extract<Step, { kind: K }>;

export class CarryOut {
  readonly #resize: Resize;
  readonly #notes = new Notes();
  readonly #madeLately = new MadeLately();

  constructor(
    private readonly parts: Parts,
    private readonly teller: TellLater,
  ) {
    this.#resize = new Resize(parts, teller);
  }

  /** Whether this process made the StatefulSet, and has not yet tried to make its pod. */
  hasPodToTry(statefulSet: V1StatefulSet): boolean {
    return this.#madeLately.has(statefulSet);
  }

  async do(step: Step, key: RunKey, observed: Observed, isWhole: boolean): Promise<Result> {
    const { cluster, store } = this.parts;
    const { runs, placeholders } = cluster;
    const { run, statefulSet } = observed;
    switch (step.kind) {
      case "none":
        return WAIT;
      case "wait":
        return (step.warnings ?? []).length === 0 ? WAIT : this.#withNotes(run);
      case "make-placeholder":
        if (stageOf(run) === "held" && isSetAside(run!, this.parts.me)) {
          return { goOn: false, warnings: [setAsideWarning()], blocked: SET_ASIDE };
        }
        return this.#make(key, observed, isWhole);
      case "make-pod":
        return makePod(statefulSet!, key, this.parts, this.#madeLately);
      case "settle-placeholder":
        return this.#changed(settle(cluster, statefulSet!));
      case "pin-placeholder":
        return this.#moved("not_resizable", pin(cluster, run!, statefulSet!, step));
      case "start-over":
        if (step.leaves !== undefined) await guardNode(this.parts, step.leaves);
        // Told first: a process that dies in between tells it again.
        this.teller.tellLater(run, [movingEvent(step)]);
        return this.#moved(step.reason, startOver(cluster, observed, step));
      case "note-claims":
        return this.#changed(noteClaims(cluster, observed, step.claims));
      case "note-node":
        store.written("run", await runs.noteNode(run!, step.node));
        return GO_ON;
      case "remake-pod":
        if (observed.run !== undefined) await guardMove(this.parts, key, observed);
        await placeholders.deletePod(step.pod, step.isForced);
        return WAIT;
      case "reserve-again":
        return this.#changed(this.#reserveAgain(step, key, observed));
      case "resize":
        return this.#resize.do(step, key, observed);
      case "withdraw-growth":
        await this.#changed(noteGrowthRefused(cluster, statefulSet!));
        return this.#resize.do(step, key, observed);
      case "release":
        return this.#release(step, key, observed);
      case "let-go":
        store.written("run", await runs.letGo(run!));
        countHoldEnded("without_affinity");
        return WAIT;
      case "cancel":
        if (stageOf(run) === "placed") {
          store.written("run", await runs.cancelPlaced(run!));
        } else {
          store.written("run", await runs.cancel(run!));
          countHoldEnded("cancelled");
        }
        return WAIT;
      case "delete-claims":
        return deleteClaims(key, observed, this.parts);
      case "delete-placeholder":
        await guardDeletion(this.parts, key, observed);
        if (stageOf(run) === "held") await noteAttempts(this.parts, run!, survivedByAll(run!));
        await placeholders.delete(statefulSet!);
        return WAIT;
    }
  }

  async #make(key: RunKey, observed: Observed, isWhole: boolean): Promise<Result> {
    const run = await wholeRun(this.parts, key, observed, isWhole);
    const note = (text: string): void => this.#notes.keep(run, text);
    return make(run, key, observed, this.parts, note, this.#madeLately);
  }

  /** No run waits for it. */
  async #ensureBudget(namespace: string): Promise<void> {
    try {
      await this.parts.cluster.budgets.ensure(namespace);
    } catch (error) {
      const why = "A PodDisruptionBudget could not be made: drains may evict pods of runs in this namespace";
      Log.warn({ namespace, error: describeError(error) }, why);
    }
  }

  async #changed(writing: Promise<V1StatefulSet>): Promise<Result> {
    this.parts.store.statefulSet("MODIFIED", await writing);
    return GO_ON;
  }

  /** What is wrong is told with what the run was to get. */
  #withNotes(run: PipelineRun | undefined): Result {
    const message = run === undefined ? undefined : this.#notes.take(run);
    return message === undefined
      ? WAIT
      : { goOn: false, warnings: [{ type: "Normal", reason: "Reserved", message }] };
  }

  async #moved(reason: MoveReason, writing: Promise<V1StatefulSet>): Promise<Result> {
    const result = await this.#changed(writing);
    countMove(reason);
    return result;
  }

  async #reserveAgain(
    { learned }: Of<"reserve-again">,
    key: RunKey,
    observed: Observed,
  ): Promise<V1StatefulSet> {
    if (learned.length === 0) return capAgain(observed, this.parts, this.teller);
    // The store has the run, but not what stands in its status.
    const run = await wholeRun(this.parts, key, observed, false);
    return reserveAgain(run, observed, learned, this.parts, this.teller);
  }

  /**
   * Its pods come a moment after the release, and then need the room: the resize may follow it, and does not slow it down.
   * One that fails, or is never sent, is a step of its own: the run is placed, and its next pods need the room.
   */
  async #release(step: Of<"release">, key: RunKey, observed: Observed): Promise<Result> {
    const { cluster, store, settings } = this.parts;
    const { pod, size, topologyKey } = step;
    // Over a zone its pods may have other nodes.
    if (topologyKey === HOSTNAME_TOPOLOGY) await guardSlot(this.parts, pod);
    if (settings.DISRUPTION_BUDGET === "active") await this.#ensureBudget(key.namespace);
    const released = await cluster.runs.release(observed.run!, step);
    const seconds = heldSeconds(observed, new Date());
    countPlaced(seconds);
    store.written("run", released);
    const placed = placedEvent(step, observed, seconds, this.#notes.take(observed.run!));
    try {
      return size === undefined ? GO_ON : await this.#resize.do({ pod, size }, key, observed);
    } finally {
      this.teller.tellLater(observed.run, placed === undefined ? [] : [placed]);
    }
  }
}
