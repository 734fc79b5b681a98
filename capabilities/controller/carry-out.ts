/** Carries a step out: its writes, each with a guard, and what they answer put into the store. */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { Log } from "pepr";
import type { Settings } from "../choices/settings";
import { exceeds } from "../demand/resources";
import type { Cluster } from "../kube/cluster";
import { describeError, isResizeRefused } from "../kube/errors";
import { ownership, type Observed } from "../phases/observed";
import { stageOf } from "../phases/phase";
import type { Action, Step } from "../phases/steps";
import type { Warning } from "../tekton/warning";
import { isPlaceholderPod } from "../tekton/placeholder-pod";
import { hasLimits, requestedBy, reservationOf, resizedResources } from "../room/placeholder-size";
import {
  firstTemplate,
  pinnedTemplate,
  settledTemplate,
  type TemplateChange,
} from "../placement/placeholder-template";
import { alteredBy, raisedWarning } from "../room/resized";
import { recordOf } from "../placement/record";
import { withAsk, type Reservation } from "../room/reservation";
import { asText, type RunKey } from "../tekton/run-key";
import type { Store } from "../store/store";
import type { PipelineRun, PodTemplate } from "../tekton/objects";
import { begunBy, isSetAside, SET_ASIDE, setAsideWarning, survivedBy, survivedByAll } from "./attempts";
import { Outdated } from "./failure";
import { makePlaceholder, templateFor, volumesFor, type Outcome } from "./make-placeholder";
import { resizesRefused } from "./metrics";
import type { Teller } from "./teller";

export interface Parts {
  cluster: Cluster;
  settings: Settings;
  store: Store;
  /** The name of this process, in this life. */
  me: string;
}

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

  constructor(
    private readonly parts: Parts,
    private readonly teller: Pick<Teller, "tellLater">,
  ) {}

  async do(step: Step, key: RunKey, observed: Observed, isWhole: boolean): Promise<Result> {
    const { cluster, store } = this.parts;
    const { runs, placeholders } = cluster;
    const { run, statefulSet } = observed;
    switch (step.kind) {
      case "none":
      case "wait":
        return WAIT;
      case "make-placeholder":
        if (stageOf(run) === "held" && isSetAside(run!, this.parts.me)) {
          return { goOn: false, warnings: [setAsideWarning()], blocked: SET_ASIDE };
        }
        return this.#make(await this.#wholeRun(key, observed, isWhole), key, observed);
      case "settle-placeholder": {
        const whole = await this.#wholeRun(key, observed, isWhole);
        return this.#changeTemplate(whole, statefulSet!, settledTemplate);
      }
      case "pin-placeholder": {
        const whole = await this.#wholeRun(key, observed, isWhole);
        return this.#changeTemplate(whole, statefulSet!, (...to) => pinnedTemplate(...to, step));
      }
      case "start-over":
        return this.#startOver(step, await this.#wholeRun(key, observed, isWhole), observed);
      case "remake-pod":
        if (observed.run !== undefined) await this.#guardMove(key, observed);
        await placeholders.deletePod(step.pod);
        return WAIT;
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
        await this.#guardDeletion(key, observed);
        if (stageOf(run) === "held") await this.#noteAttempts(run!, survivedByAll(run!));
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

  async #make(run: PipelineRun, key: RunKey, observed: Observed): Promise<Result> {
    const { cluster, settings, me, store } = this.parts;
    const tell = (warnings: readonly Warning[]) => this.teller.tellLater(run, warnings);
    const beforeLarge = async (characters: number): Promise<void> => {
      if (stageOf(run) !== "held") return;
      Log.info({ run: asText(key), characters }, "A large run: what it needs is worked out now");
      await this.#noteAttempts(run, begunBy(run, me));
    };
    const survived = async (): Promise<void> => {
      const latest = store.lookUp(key).observed.run;
      if (latest !== undefined) await this.#noteAttempts(latest, survivedBy(latest, me));
    };
    let outcome: Outcome;
    try {
      outcome = await makePlaceholder(run, observed, { cluster, settings, tell, beforeLarge });
    } catch (error) {
      // What failed is what people have to know; tried again, the run counts as survived then.
      await survived().catch(() => undefined);
      throw error;
    }
    // Where it is made, that says it.
    if (!("made" in outcome)) await survived();
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

  async #noteAttempts(run: PipelineRun, attempts: string | undefined): Promise<void> {
    if (attempts === undefined) return;
    const { cluster, store } = this.parts;
    store.written("run", await cluster.runs.noteAttempts(run, attempts));
  }

  /** @param reservation what it keeps from now on, if that changes */
  async #changeTemplate(
    run: PipelineRun,
    seen: V1StatefulSet,
    changeOf: (run: PipelineRun, template: PodTemplate, seen: V1StatefulSet) => TemplateChange,
    reservation?: Reservation,
  ): Promise<Result> {
    const { cluster } = this.parts;
    const { template } = await templateFor(run, cluster);
    const change = changeOf(run, template, seen);
    return this.#changed(cluster.placeholders.changeTemplate(seen, change, reservation));
  }

  async #startOver(step: Of<"start-over">, run: PipelineRun, observed: Observed): Promise<Result> {
    const seen = observed.statefulSet!;
    const { volumes } = await volumesFor(run, observed, this.parts.cluster);
    const reservation = withAsk(reservationOf(seen), step.ask);
    return this.#changeTemplate(
      run,
      seen,
      (...to) => ({ ...firstTemplate(...to, step), volumes }),
      reservation,
    );
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
      const resized = await cluster.placeholders.resizePod(pod, resources);
      store.written("pods", resized);
      return await this.#afterResize(resized, step, key, grows);
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
      return this.#replaceByFloor(pod, run, statefulSet);
    }
  }

  /** What a policy has made of it is remembered, so that it is not written again and again. */
  async #afterResize(
    resized: V1Pod,
    { size }: Of<"resize" | "withdraw-growth">,
    key: RunKey,
    grows: boolean,
  ): Promise<Result> {
    const { cluster, store } = this.parts;
    const { raised, isLowered } = alteredBy(resized, size);
    // As it is now: the step may have written to it before.
    const { statefulSet } = store.lookUp(key).observed;
    if (statefulSet === undefined) return GO_ON;
    if (grows && isLowered) {
      return this.#changed(cluster.placeholders.noteGrowthRefused(statefulSet, new Date()));
    }
    if (exceeds(raised, recordOf(statefulSet).raisedTo ?? {}).length === 0) return GO_ON;
    // Told first: once it is remembered, nobody else tells it.
    this.teller.tellLater(store.lookUp(key).observed.run, [raisedWarning(raised, size)]);
    return this.#changed(cluster.placeholders.noteRaised(statefulSet, raised));
  }

  /** Its run is not kept from running by what cannot be handed over. */
  #replaceByFloor(pod: V1Pod, run: PipelineRun, seen: V1StatefulSet): Promise<Result> {
    const { floor } = reservationOf(seen);
    const pin = { pod, node: pod.spec!.nodeName!, size: floor };
    const small = { ask: floor, floor, firstWave: {}, tasks: [] };
    return this.#changeTemplate(run, seen, (...to) => pinnedTemplate(...to, pin), small);
  }

  /** A run is never split: no pod of it that is not seen may have come onto the node. */
  async #guardMove(key: RunKey, observed: Observed): Promise<void> {
    const { cluster, store } = this.parts;
    const { pods } = await cluster.activePods(key);
    const known = new Map(observed.pods.map(({ metadata, spec }) => [metadata!.uid, spec?.nodeName ?? ""]));
    const unseen = pods.filter(
      pod =>
        !isPlaceholderPod(pod) && pod.spec?.nodeName && known.get(pod.metadata!.uid) !== pod.spec.nodeName,
    );
    if (unseen.length === 0) return;
    for (const pod of unseen) store.written("pods", pod);
    throw new Outdated("pods of the run have come onto its node");
  }

  /** A placeholder that is deleted takes the place of its run's next pods with it. */
  async #guardDeletion(key: RunKey, observed: Observed): Promise<void> {
    const { cluster, store } = this.parts;
    if (observed.run === undefined && ownership(observed) !== "orphan") {
      const run = await cluster.readRun(key);
      const owner = observed.statefulSet!.metadata!.ownerReferences?.find(({ controller }) => controller);
      if (run !== undefined && run.metadata!.uid === owner?.uid) {
        store.written("run", run);
        throw new Outdated("the run is there");
      }
    }
    const { pods } = await cluster.activePods(key);
    const active = pods.filter(pod => !isPlaceholderPod(pod));
    if (active.length === 0) return;
    for (const pod of active) store.written("pods", pod);
    throw new Outdated("pods of the run are active");
  }
}
