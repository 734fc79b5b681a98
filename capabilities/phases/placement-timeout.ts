/** How long a run is held at most, and what becomes of it then. */
import { HELD_SINCE_ANNOTATION, KEY_PREFIX } from "../keys";
import type { PipelineRun } from "../tekton/objects";
import { choicesOf, NO_TIMEOUT, type Choices } from "../choices/choices";
import { parseDuration } from "../choices/duration";
import type { Step } from "./steps";
import type { Warning } from "../tekton/warning";

/** When the clock began, in milliseconds of the epoch: with the run, or when its hold was taken over. */
export function heldSince({ metadata }: PipelineRun): number {
  const takenOver = Date.parse(metadata?.annotations?.[HELD_SINCE_ANNOTATION] ?? "");
  return Number.isNaN(takenOver) ? new Date(metadata?.creationTimestamp ?? NaN).getTime() : takenOver;
}

const CONSEQUENCE: Record<Choices["on-timeout"], string> = {
  wait: "It goes on waiting",
  "run-anyway": "It starts without co-location",
  cancel: "It is cancelled",
};

const AT_THE_END: Record<Choices["on-timeout"], string> = {
  wait: "It goes on waiting then.",
  "run-anyway": "At its end it starts without co-location.",
  cancel: "At its end it is cancelled.",
};

function timedOut(choices: Choices, why: string): Warning {
  const { "placement-timeout": timeout, "on-timeout": then } = choices;
  return {
    reason: "PlacementTimedOut",
    about: `${timeout} ${then}`,
    message:
      `The run could not be placed within ${timeout}. ${CONSEQUENCE[then]} (${KEY_PREFIX}on-timeout: ${then}). ` +
      `Why it waited: ${why}`,
  };
}

/** Of a shorter timeout its end is soon enough. */
const LEAST_TOLD_MILLISECONDS = 60_000;

const willTimeOut = (choices: Choices, why: string): Warning => ({
  reason: "PlacementDelayed",
  about: `${choices["placement-timeout"]} ${choices["on-timeout"]}`,
  message:
    `The run has waited for half of its ${KEY_PREFIX}placement-timeout of ${choices["placement-timeout"]}. ` +
    `${AT_THE_END[choices["on-timeout"]]} Why it waits: ${why}`,
});

/**
 * The step of a held run, under its placement-timeout. One that can be let go now is let go, however late; all
 * else ends at the deadline, of which the step says when to look again, so that no event has to come.
 */
export function withinTimeout(run: PipelineRun, step: Step, now: Date): Step {
  const choices = choicesOf(run.metadata?.annotations ?? {});
  const { "placement-timeout": timeout, "on-timeout": then } = choices;
  if (timeout === NO_TIMEOUT || step.kind === "release" || step.kind === "let-go") return step;
  const duration = parseDuration(timeout);
  const left = heldSince(run) + duration - now.getTime();
  if (Number.isNaN(left)) return step; // The API server sets creationTimestamp on everything that it stores.
  if (left > 0) return beforeTimeout(step, choices, { duration, left });
  // If that is refused, the reason is known.
  if (step.kind === "make-placeholder") return step;
  const warnings = [...(step.warnings ?? []), timedOut(choices, step.why)];
  const why = then === "wait" ? step.why : `it waited longer than ${timeout}: ${step.why}`;
  return atTimeout(then, { ...step, warnings, why });
}

/** At half of it people may still do something. */
function beforeTimeout(
  step: Step,
  choices: Choices,
  { duration, left }: { duration: number; left: number },
): Step {
  const untilHalf = duration >= LEAST_TOLD_MILLISECONDS ? left - duration / 2 : Infinity;
  const next = untilHalf > 0 ? Math.min(untilHalf, left) : left;
  const lookAgainSeconds = Math.min(step.lookAgainSeconds ?? Infinity, next / 1000);
  if (untilHalf > 0) return { ...step, lookAgainSeconds };
  return {
    ...step,
    lookAgainSeconds,
    warnings: [...(step.warnings ?? []), willTimeOut(choices, step.why)],
  };
}

/** What becomes of a run that is not to wait any longer. */
export function atTimeout(then: Choices["on-timeout"], step: Step): Step {
  const { why, warnings } = step;
  switch (then) {
    case "wait":
      return step;
    case "run-anyway":
      return { kind: "let-go", why, ...(warnings && { warnings }) };
    case "cancel":
      return { kind: "cancel", why, ...(warnings && { warnings }) };
  }
}
