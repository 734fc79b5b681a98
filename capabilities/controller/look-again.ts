/** When a run is looked at again after a step, whatever events say: they get lost. */
import type { Step } from "./next-step";

/** Long enough for an event to come first, where all is well. */
const LOST_EVENT_SECONDS = 2;

/** Seconds after the step; undefined where nothing is left to do, or the step itself says when. */
const SECONDS: Partial<Record<Step["kind"], number>> = {
  // A change of the StatefulSet's template brings no event, and after a resize the run may start at once.
  "settle-placeholder": 0,
  "pin-placeholder": 0,
  "make-placeholder": LOST_EVENT_SECONDS,
  "start-over": LOST_EVENT_SECONDS,
  "remake-pod": LOST_EVENT_SECONDS,
  resize: 0,
  "withdraw-growth": LOST_EVENT_SECONDS,
  "let-go": LOST_EVENT_SECONDS,
  cancel: LOST_EVENT_SECONDS,
};

/** The step, with the time of the next look where its kind has one; an earlier one stays. */
export function withLookAgain(step: Step): Step {
  const seconds = Math.min(SECONDS[step.kind] ?? Infinity, step.lookAgainSeconds ?? Infinity);
  return seconds === Infinity ? step : { ...step, lookAgainSeconds: seconds };
}
