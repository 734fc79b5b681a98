/** What the rows of the table ask about a run: each answer is worked out once, when it is first asked for. */
import type { V1Pod } from "@kubernetes/client-node";
import { endingKeys } from "../choices/ending-keys";
import type { Settings } from "../choices/settings";
import { exceeds, maximum, type Resources } from "../demand/resources";
import { placeholderName } from "../placement/names";
import { requestedBy, reservationOf } from "../room/placeholder-size";
import { troubleOf, type Trouble } from "../placement/node-state";
import { recordOf, type PlaceholderRecord } from "../placement/record";
import { whyPlaceholderWaits } from "../placement/not-running";
import { isGrantKnown, pendingResize } from "../room/kubelet-answer";
import { resolvedPipelines, withSeenPods } from "../room/learned";
import { progressOf, type Seen } from "../room/progress";
import {
  capAskedAgainAt,
  neededBy,
  resizable,
  sizeAtRelease,
  sizeFrom,
  type Progress,
  type Reservation,
} from "../room/reservation";
import { notBelowRaised } from "../room/resized";
import { boundAt } from "../room/waiting-pods";
import { withYieldedFloor } from "../room/yielding";
import { ownOf } from "./lineage";
import { awaitsQuota, type PipelineRun, type TaskRun } from "../tekton/objects";
import { activePods, placeholderPod, schedulingMessage, underWay, type Observed } from "./observed";
import { otherGate } from "./other-gate";
import type { Step } from "./steps";
import { phaseOf, stageOf, type Phase, type Stage } from "./phase";

/** A container starts within a second or two, but for its image; where nobody tells, a node has no kubelet. */
const UNTOLD_SECONDS = 5;

export type SightSettings = Pick<
  Settings,
  | "TEKTON_NAMESPACE"
  | "GATE_LABELS"
  | "GROWTH_RETRY_SECONDS"
  | "RETRY_LIMIT_SECONDS"
  | "ON_NEVER_FITS"
  | "MOVES"
  | "NODE_ENDING_KEYS"
  | "STUCK_TIMEOUT"
  | "ON_STUCK_TIMEOUT"
>;

export class Sight {
  readonly stage: Stage;
  readonly phase: Phase;
  readonly #known = new Map<string, unknown>();

  constructor(
    readonly observed: Observed,
    readonly settings: SightSettings,
    readonly now: Date,
  ) {
    this.stage = stageOf(observed.run);
    this.phase = phaseOf(observed);
  }

  #once<T>(name: string, work: () => T): T {
    if (!this.#known.has(name)) this.#known.set(name, work());
    return this.#known.get(name) as T;
  }

  /** For rows of stages in which there is a run. */
  get run(): PipelineRun {
    return this.observed.run!;
  }
  get placeholder(): string {
    return placeholderName(this.run.metadata!.name!);
  }
  /** For rows of phases in which there is a StatefulSet. */
  get record(): PlaceholderRecord {
    return recordOf(this.observed.statefulSet!);
  }
  get reservation(): Reservation {
    return this.#once("reservation", () => {
      const reservation = reservationOf(this.observed.statefulSet!);
      return this.stage === "placed" ? withSeenPods(reservation, this.own) : reservation;
    });
  }
  /** Until quotas are asked whether they have room for more of what it needs; Infinity where none is in the way. */
  get capPauseSeconds(): number {
    return this.#once("cap", () => {
      const { capped, ask } = this.reservation;
      if (capped === undefined || this.reservation.tasks.length === 0) return this.#untilAsked;
      const needed = neededBy({ ...this.reservation, ask: maximum(capped.peak, ask) }, this.progress);
      return exceeds(resizable(needed), ask).length > 0 ? this.#untilAsked : Infinity;
    });
  }
  get #untilAsked(): number {
    return Math.max(0, (capAskedAgainAt(this.reservation, boundAt(this.pod!)) - this.now.getTime()) / 1000);
  }
  /** Tasks of it of which nothing was known, and that Tekton has resolved. */
  get learned(): string[] {
    return this.#once("learned", () => resolvedPipelines(this.own, this.reservation));
  }
  get pod(): V1Pod | undefined {
    return this.#once("pod", () => placeholderPod(this.observed));
  }
  get node(): string | undefined {
    return this.pod?.spec?.nodeName || undefined;
  }
  /** Why its node is not to be used any more. */
  get trouble(): Trouble | undefined {
    return this.#once("trouble", () => (this.node === undefined ? undefined : this.troubleOf(this.node)));
  }
  /** Whether a kubelet is there that could resize its pod; of a node that is gone the API server refuses it. */
  get canBeResized(): boolean {
    return this.trouble?.answers !== false;
  }
  troubleOf(node: string): Trouble | undefined {
    const state = this.observed.nodeStates?.get(node);
    if (state === undefined) return undefined;
    // Of its pod they are not asked: Kubernetes adds some to each pod (admission plugin DefaultTolerationSeconds).
    const { tolerations = [] } = this.observed.statefulSet?.spec?.template.spec ?? {};
    return troubleOf(state, tolerations, endingKeys(this.settings.NODE_ENDING_KEYS));
  }
  /** What is done while it is another gate's to start; undefined when it is not. */
  get otherGate(): Step | undefined {
    return this.#once("gate", () => otherGate(this.observed, this.settings.GATE_LABELS, this.now));
  }
  /** Why its pod has no node, in the scheduler's words. */
  get schedulingMessage(): string | undefined {
    return schedulingMessage(this.observed);
  }
  /** Whether a pod of the run, an earlier run of the same name included, has not ended. */
  get activePods(): V1Pod[] {
    return this.#once("active", () => activePods(this.observed));
  }
  get underWay(): (TaskRun | PipelineRun)[] {
    return this.#once("underWay", () => underWay(this.observed));
  }

  /** What the placeholder's pod asks for, of all resources. */
  get asked(): Resources {
    return this.#once("asked", () => requestedBy(this.pod!.spec!));
  }
  /** The run with what is its own. */
  get own(): Seen {
    return this.#once("own", () => ownOf(this.run, this.observed));
  }
  get progress(): Progress {
    return this.#once("progress", () => progressOf(this.own, this.reservation));
  }
  /** What the rest of the run needs at once, its live pods included. */
  get needed(): Resources {
    return this.#once("needed", () => neededBy(this.reservation, this.progress));
  }
  get pending(): "growth" | "shrink" | undefined {
    return pendingResize(this.pod!);
  }

  /** In cpu and memory, what the placeholder is to ask for now. */
  get size(): Resources {
    return this.#once("size", () => notBelowRaised(this.#wanted, this.asked, this.record.raisedTo));
  }
  get #wanted(): Resources {
    if (this.stage === "held") return sizeAtRelease(this.reservation);
    const { reservation, own, now } = this;
    const asked = resizable(this.asked);
    // Where the quota is short, nothing is kept for later while a task cannot start now.
    const size = own.taskRuns.some(awaitsQuota)
      ? resizable(reservation.floor)
      : sizeFrom(asked, reservation, this.progress);
    return withYieldedFloor(size, asked, reservation.floor, own.pods, now);
  }

  /**
   * A kubelet rejects a pod (OutOfcpu, OutOfmemory) where the room that a container was started with is still in force.
   * The scheduler counts that as well, once it is told of; until then it would go by what the pod asks for alone
   * (UseStatusResources of component-helpers/resource/helpers.go). So a pod is shrunk when its kubelet has told of its
   * container, or has not done so for long.
   *
   * @returns 0 when it may be
   */
  get shrinksInSeconds(): number {
    return this.#once("shrinks", () => {
      const hasTold = isGrantKnown(this.pod!) || whyPlaceholderWaits(this.pod!) !== undefined;
      if (hasTold) return 0;
      return Math.max(0, UNTOLD_SECONDS - (this.now.getTime() - boundAt(this.pod!)) / 1000);
    });
  }

  get asksForMore(): boolean {
    return exceeds(resizable(this.asked), this.size).length > 0;
  }
  get asksForLess(): boolean {
    return exceeds(this.size, this.asked).length > 0;
  }
}
