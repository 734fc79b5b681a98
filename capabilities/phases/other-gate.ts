/** Whether a held run is another gate's to start first, a queueing controller's. Placed before that, it would take a node. */
import { gateLabelOf, type GateLabel } from "../placement/gate-labels";
import { HELD_SINCE_ANNOTATION, KEY_PREFIX, QUEUE_BROUGHT_ANNOTATION } from "../keys";
import { isHeldByUs, type PipelineRun } from "../tekton/objects";
import type { Warning } from "../tekton/warning";
import type { Observed } from "./observed";
import type { Step } from "./steps";

/** A queue that is there makes its Workload within a second or two. */
const QUEUE_SECONDS = 15;
const FIRST_LOOK_SECONDS = 1;

const secondsSince = (run: PipelineRun, now: Date): number =>
  (now.getTime() - new Date(run.metadata?.creationTimestamp ?? NaN).getTime()) / 1000;

/** The label, while nobody but us has lifted the run's Pending: then admission has stamped when it took the hold over. */
function unlifted(run: PipelineRun | undefined, gates: string): GateLabel | undefined {
  if (run === undefined || !isHeldByUs(run)) return undefined;
  const label = gateLabelOf(run, gates);
  const isLifted = run.metadata?.annotations?.[HELD_SINCE_ANNOTATION] !== undefined;
  // A value that changes says for itself what is so.
  return label?.value === undefined && isLifted ? undefined : label;
}

/**
 * Whether only the queue itself can tell if the run is its own: the label was there from the first. Kueue reads it on
 * runs where tekton-kueue is installed, and on their pods where it is not.
 */
export function dependsOnQueue(run: PipelineRun | undefined, gates: string): boolean {
  const label = unlifted(run, gates);
  return (
    label !== undefined &&
    label.value === undefined &&
    run!.metadata?.annotations?.[QUEUE_BROUGHT_ANNOTATION] !== undefined
  );
}

/** The step of a run that is another gate's; undefined for one that is not, or is not any more. */
export function otherGate({ run, isQueued }: Observed, gates: string, now: Date): Step | undefined {
  const label = unlifted(run, gates);
  if (label === undefined) return undefined;
  const why = `another controller starts it first (label ${label.key}: ${run!.metadata!.labels![label.key]})`;
  const step: Step = { kind: "wait", why, warnings: [waitsForQueue(why)] };
  if (!dependsOnQueue(run, gates) || isQueued === true) return step;
  const since = secondsSince(run!, now);
  if (!(since < QUEUE_SECONDS)) return undefined;
  const lookAgainSeconds = Math.min(Math.max(FIRST_LOOK_SECONDS, since / 2), QUEUE_SECONDS - since);
  return { kind: "wait", why: `${why}, if there is one`, lookAgainSeconds };
}

const waitsForQueue = (why: string): Warning => ({
  type: "Normal",
  reason: "WaitsForQueue",
  message:
    `The run is placed when the controller that queues it has let it go: ${why}. ` +
    `Its ${KEY_PREFIX}placement-timeout counts from then on.`,
});
