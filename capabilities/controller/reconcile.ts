/** Look a run up, decide on the next step, carry it out, tell people. Whatever fails becomes a step as well. */
import { Log } from "pepr";
import { dependsOnNodes, type Observed } from "../phases/observed";
import { dependsOnQueue } from "../phases/other-gate";
import { lacksItsPod } from "../phases/refusal";
import { stageOf } from "../phases/phase";
import type { Step } from "../phases/steps";
import { afterFailure, nextStep } from "../phases/table";
import { asText, type RunKey } from "../tekton/run-key";
import type { Look } from "../store/look";
import { CarryOut } from "./carry-out";
import type { Parts, Result } from "./parts";
import { failureOf, Outdated } from "./failure";
import { readAfresh } from "./read-afresh";
import { Teller } from "./teller";

/** More in a row would be a step that undoes another. */
const MOST_STEPS = 8;
/** A step that leads to no other although it says so would otherwise come round at once. */
const PAUSE_SECONDS = 2;

export class Reconciler {
  readonly #carryOut: CarryOut;
  readonly #teller: Teller;

  constructor(private readonly parts: Parts) {
    this.#teller = new Teller(parts.cluster, parts.me);
    this.#carryOut = new CarryOut(parts, this.#teller);
  }

  /**
   * Steps whose writes were answered follow one another: the answer is in the store.
   *
   * @param tries how often the work on the run has failed in a row before
   * @param goesOn whether this controller still acts: else no further step is taken
   * @returns milliseconds after which to look again; undefined when events will tell
   * @throws what failed, after it was told; the work queue tries again after a growing pause
   */
  async reconcile(
    key: RunKey,
    tries: number,
    goesOn: () => boolean = () => true,
  ): Promise<number | undefined> {
    try {
      return await this.#steps(key, goesOn);
    } catch (error) {
      await this.#failed(key, error, tries + 1);
      throw error;
    }
  }

  async #steps(key: RunKey, goesOn: () => boolean): Promise<number | undefined> {
    let more: Partial<Observed> = {};
    for (let count = 1; ; count++) {
      const look = await this.#look(key);
      const observed = { ...look.observed, ...(await this.#further(look.observed)), ...more };
      if (!goesOn()) return undefined;
      const step = nextStep(observed, this.parts.settings, new Date());
      const result = await this.#take(step, key, observed, look.isWhole);
      if (result.blocked !== undefined) return this.#blocked(key, observed, result.blocked);
      if (result.goOn && count < MOST_STEPS) {
        more = result.more ?? {};
        continue;
      }
      const seconds = result.goOn ? PAUSE_SECONDS : step.lookAgainSeconds;
      return seconds === undefined ? undefined : seconds * 1000;
    }
  }

  /** Only where the store cannot know is anything read. */
  async #look(key: RunKey): Promise<Look> {
    const { store, cluster } = this.parts;
    const look = store.lookUp(key);
    if (look.isComplete) return look;
    await readAfresh(key, cluster, store);
    return store.lookUp(key);
  }

  /** What no watch tells, read where a decision depends on it. */
  async #further(observed: Observed): Promise<Partial<Observed>> {
    const { cluster, settings } = this.parts;
    const more: Partial<Observed> = {};
    const now = new Date();
    if (lacksItsPod(observed, now) && !this.#isPodToBeTried(observed, now)) {
      const podRefusal = await cluster.podRefusal(observed);
      if (podRefusal !== undefined) more.podRefusal = podRefusal;
    }
    if (dependsOnQueue(observed.run, settings.GATE_LABELS)) {
      more.isQueued = await cluster.isQueued(observed.run!);
    }
    if (dependsOnNodes(observed, settings.AUTOSCALER)) more.nodes = await cluster.surroundings.nodes();
    return more;
  }

  /** Where many runs begin at once, the pod is not there as nobody has come to it yet, and no Event is about it. */
  #isPodToBeTried(observed: Observed, now: Date): boolean {
    const hasPodToTry = this.#carryOut.hasPodToTry(observed.statefulSet!);
    return hasPodToTry && nextStep(observed, this.parts.settings, now).kind === "make-pod";
  }

  async #take(step: Step, key: RunKey, observed: Observed, isWhole: boolean): Promise<Result> {
    const about = { ...key, step: step.kind, why: step.why };
    Log.debug(about, "Next step");
    await this.#teller.tell(observed.run, step.warnings);
    const result = await this.#carryOut.do(step, key, observed, isWhole);
    this.#teller.tellLater(observed.run, result.warnings);
    const isDone = result.more === undefined && result.blocked === undefined;
    if (step.kind !== "none" && step.kind !== "wait" && isDone) Log.info(about, "Done");
    return result;
  }

  /** The run waits for people, and under its placement-timeout. */
  async #blocked(key: RunKey, observed: Observed, why: string): Promise<number | undefined> {
    const step = afterFailure(
      observed.run,
      stageOf(observed.run) === "held",
      { why, warning: undefined },
      new Date(),
    );
    await this.#take(step, key, observed, false);
    return step.lookAgainSeconds === undefined ? undefined : step.lookAgainSeconds * 1000;
  }

  /** @throws nothing: what fails here is tried again with all else */
  async #failed(key: RunKey, error: unknown, tries: number): Promise<void> {
    const { store } = this.parts;
    const failure = failureOf(error, tries);
    if (failure.kind === "not-ours") return;
    if (failure.kind === "outdated") {
      if (!(error instanceof Outdated)) store.markStale(key);
      return;
    }
    const { observed } = store.lookUp(key);
    const isHeld = stageOf(observed.run) === "held";
    const warning = tries >= failure.toldFrom ? failure.warning : undefined;
    const step = afterFailure(observed.run, isHeld, { why: failure.why, warning }, new Date());
    try {
      await this.#take(step, key, observed, false);
    } catch (further) {
      Log.debug({ run: asText(key), error: String(further) }, "What failed could not be told either");
    }
  }
}
