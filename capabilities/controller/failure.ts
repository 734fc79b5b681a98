/** What a failure means for the run that it came about with. Pure. */
import { describeError, isOutdated, refusalOf, statusOf } from "../kube/errors";
import { NotAllowedToWrite } from "../kube/client";
import type { Warning } from "../tekton/warning";

/** What was read before a write showed that the picture was old: to be looked at again. */
export class Outdated extends Error {}

export type Failure =
  /** Another controller acts now. */
  | { kind: "not-ours" }
  /** The run has changed meanwhile: look again. */
  | { kind: "outdated" }
  /** People are told, once it has gone on for as many tries as `toldFrom`. */
  | { kind: "told"; why: string; warning: Warning; toldFrom: number };

/** A change meanwhile is over after a look or two; one that is not may be somebody's doing. */
const OUTDATED_TOLD_FROM = 6;
/** An API server that is away for a moment is no news. */
const TROUBLE_TOLD_FROM = 3;

const warningOf = (what: string, todo: string): Warning => ({
  reason: "StepFailed",
  // The words may differ from try to try; one Event is enough.
  about: todo,
  message: `The run's next step fails, and is tried again, ever more rarely: ${what}. ${todo}`,
});

const REFUSED = "Change what refuses it, or take the run out by its label.";
const TROUBLE = "The API server did not answer as it should; if that goes on, ask whoever runs the cluster.";
const UNEXPECTED = "If the run's own fields do not explain it, report it as a fault of the operator.";

/** @param tries how often it has failed in a row, this time included */
export function failureOf(error: unknown, tries: number): Failure {
  if (error instanceof NotAllowedToWrite) return { kind: "not-ours" };
  const what = describeError(error);
  const hasChanged = error instanceof Outdated || isOutdated(error);
  if (hasChanged && tries < OUTDATED_TOLD_FROM) return { kind: "outdated" };
  const why = `its next step fails: ${what}`;
  if (hasChanged) return { kind: "told", why, warning: warningOf(what, REFUSED), toldFrom: 1 };
  if (statusOf(error) === undefined) {
    // No answer, or an exception of our own; the words are all that tells one from the other.
    const isNetwork = /ECONN|socket|timed? ?out|aborted|network|fetch failed|Premature close/i.test(what);
    return isNetwork
      ? { kind: "told", why, warning: warningOf(what, TROUBLE), toldFrom: TROUBLE_TOLD_FROM }
      : { kind: "told", why, warning: warningOf(what, UNEXPECTED), toldFrom: 1 };
  }
  if (refusalOf(error) !== undefined) {
    return { kind: "told", why, warning: warningOf(what, REFUSED), toldFrom: 1 };
  }
  return { kind: "told", why, warning: warningOf(what, TROUBLE), toldFrom: TROUBLE_TOLD_FROM };
}
