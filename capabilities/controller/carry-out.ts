/** Carries a step out: its writes, each with a guard, and what they answer put into the store. */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { Log } from "pepr";
import type { Settings } from "../choices/settings";
import { exceeds } from "../demand/resources";
import type { TektonDefaults } from "../demand/tekton-defaults";
import type { Cluster } from "../kube/cluster";
import { describeError, isResizeRefused } from "../kube/errors";
import { ownership, type Observed } from "../phases/observed";
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
import { withAsk, type Reservation } from "../room/reservation";
import { asText, type RunKey } from "../tekton/run-key";
import type { Store } from "../store/store";
import type { PipelineRun } from "../tekton/objects";
import { Outdated } from "./failure";
import { makePlaceholder, volumesAgain } from "./make-placeholder";
import { resizesRefused } from "./metrics";

export interface Parts {
  cluster: Cluster;
  settings: Settings;
  store: Store;
  /** As they are now. */
  tektonDefaults: () => TektonDefaults;
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
      case "settle-placeholder":
        return this.#changeTemplate(statefulSet!, settledTemplate(statefulSet!));
      case "pin-placeholder":
        return this.#changeTemplate(statefulSet!, pinnedTemplate(run!, statefulSet!, step));
      case "start-over":
        return this.#startOver(step, observed);
      case "remake-pod":
        if (observed.run !== undefined) await this.#guardMove(key, observed);
        await placeholders.deletePod(step.pod);
        return WAIT;
      case "resize":
        return this.#resize(step, key, observed);
      case "withdraw-growth":
        store.statefulSet("MODIFIED", await placeholders.noteGrowthRefused(statefulSet!, new Date()));
        return this.#resize(step, key, observed);
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
    const { cluster, settings, store, tektonDefaults } = this.parts;
    const outcome = await makePlaceholder(run, observed, tektonDefaults(), cluster, settings);
    const { warnings } = outcome;
    if ("refusal" in outcome) return { goOn: true, warnings, more: { refusal: outcome.refusal } };
    if ("contradictions" in outcome) {
      return {
        goOn: false,
        warnings,
        blocked: `no one node can serve all of its pods: ${outcome.contradictions.join("; ")}`,
      };
    }
    store.statefulSet("ADDED", outcome.made);
    return { goOn: false, warnings };
  }

  /** @param reservation what it keeps from now on, if that changes */
  #changeTemplate(seen: V1StatefulSet, change: TemplateChange, reservation?: Reservation): Promise<Result> {
    return this.#changed(this.parts.cluster.placeholders.changeTemplate(seen, change, reservation));
  }

  async #startOver(step: Of<"start-over">, observed: Observed): Promise<Result> {
    const seen = observed.statefulSet!;
    const volumes = await volumesAgain(observed, this.parts.cluster);
    const reservation = withAsk(reservationOf(seen), step.ask);
    return this.#changeTemplate(seen, { ...firstTemplate(observed.run!, seen, step), volumes }, reservation);
  }

  async #resize(step: Of<"resize" | "withdraw-growth">, key: RunKey, observed: Observed): Promise<Result> {
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
      return this.#replaceByFloor(pod, observed.run!, statefulSet);
    }
  }

  /** Its run is not kept from running by what cannot be handed over. */
  #replaceByFloor(pod: V1Pod, run: PipelineRun, seen: V1StatefulSet): Promise<Result> {
    const { floor } = reservationOf(seen);
    const pin = { pod, node: pod.spec!.nodeName!, size: floor };
    const small = { ask: floor, floor, firstWave: {}, tasks: [] };
    return this.#changeTemplate(seen, pinnedTemplate(run, seen, pin), small);
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
