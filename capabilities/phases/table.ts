/**
 * The one decision of the controller: the rows in the order in which they are tried; the first that matches is the
 * step. docs/phases.md shows them, and how one phase leads to another.
 */
import { choicesOf } from "../choices/choices";
import { MOST_OF_A_RESOURCE } from "../demand/resources";
import { neverFits } from "../placement/never-fits";
import { notRunningWarning } from "../placement/not-running";
import { uncountableWarning } from "../room/pod-requests";
import type { Warning } from "../tekton/warning";
import type { Observed } from "./observed";
import { atTimeout, withinTimeout } from "./placement-timeout";
import { matches, type Row } from "./row";
import { WITH_NODE } from "./rows/bound";
import { OVER } from "./rows/over";
import { assistantWarning, PLACEHOLDER } from "./rows/placeholder";
import { WITHOUT_NODE } from "./rows/unbound";
import { Sight, type SightSettings } from "./sight";
import { stateOfMove } from "./move-news";
import { lookingAgain, withinStuckTimeout } from "./stuck";
import type { Step, StepKind } from "./steps";
import { toldOfWait } from "./waiting";

export const TABLE: readonly Row[] = [...OVER, ...PLACEHOLDER, ...WITHOUT_NODE, ...WITH_NODE];

/** Long enough for an event to come first, where all is well. */
const LOST_EVENT_SECONDS = 2;

/** What is done has its events; when none has come by then, the run is looked at all the same. */
const CHANGES: ReadonlySet<StepKind> = new Set<StepKind>([
  "make-placeholder",
  "start-over",
  "remake-pod",
  "withdraw-growth",
  "let-go",
  "cancel",
]);

/** What is said and done where no node will ever do. */
function unlessNeverFits(step: Step, { run, pod, observed, settings }: Sight): Step {
  if (step.kind !== "wait" || pod === undefined || observed.nodes === undefined) return step;
  const warning = neverFits(pod, observed.nodes);
  if (warning === undefined) return step;
  const told = { ...step, warnings: [...(step.warnings ?? []), warning] };
  if (settings.ON_NEVER_FITS === "wait") return told;
  return atTimeout(choicesOf(run.metadata?.annotations ?? {})["on-timeout"], told);
}

/** What holds for every step of a held run, whatever it waits for. */
function ofHeldRun(step: Step, seen: Sight): Step {
  // Its time has not begun.
  if (seen.otherGate !== undefined) return step;
  const assistant = assistantWarning(seen);
  const told = assistant === undefined ? step : { ...step, warnings: [assistant, ...(step.warnings ?? [])] };
  return toldOfWait(withinTimeout(seen.run, unlessNeverFits(told, seen), seen.now), seen);
}

/** Of an amount that is more than can be counted the sum is so large as well. */
function uncountable(seen: Sight): Warning[] {
  if (seen.phase !== "anchored" && seen.phase !== "handing over") return [];
  if (!Object.values(seen.progress.held).includes(MOST_OF_A_RESOURCE)) return [];
  const warning = uncountableWarning(seen.own.pods);
  return warning === undefined ? [] : [warning];
}

/** Its room is kept, and handed over, by what its pod asks for. */
function notRunning({ pod, node }: Sight): Warning[] {
  const warning = node === undefined ? undefined : notRunningWarning(pod!);
  return warning === undefined ? [] : [warning];
}

/** What holds for every step of a run that was let go. */
function ofPlacedRun(step: Step, seen: Sight): Step {
  const said = stateOfMove(seen);
  const news = [...uncountable(seen), ...notRunning(seen), ...said.flatMap(({ warning }) => warning ?? [])];
  const told = news.length === 0 ? step : { ...step, warnings: [...(step.warnings ?? []), ...news] };
  const seconds = said.flatMap(({ inSeconds }) => inSeconds ?? []);
  return withinStuckTimeout(lookingAgain(told, seconds), seen);
}

/** @returns the row that the step comes from as well, for tests and the diagram */
export function chosenRow(seen: Sight): Row {
  const row = TABLE.find(one => matches(one, seen));
  if (row === undefined) throw new Error(`no row for a run that is ${seen.stage}, placeholder ${seen.phase}`);
  return row;
}

/** The step with what is to be said besides. */
function ofStage(step: Step, seen: Sight): Step {
  if (seen.stage === "held") return ofHeldRun(step, seen);
  return seen.stage === "placed" ? ofPlacedRun(step, seen) : step;
}

/** What the row makes of the run, and what holds for every step besides. */
export function stepOf(row: Row, seen: Sight): Step {
  const step = ofStage(row.step(seen), seen);
  if (!CHANGES.has(step.kind)) return step;
  return { ...step, lookAgainSeconds: Math.min(LOST_EVENT_SECONDS, step.lookAgainSeconds ?? Infinity) };
}

/** @param observed the run as it is now */
export function nextStep(observed: Observed, settings: SightSettings, now: Date): Step {
  const seen = new Sight(observed, settings, now);
  return stepOf(chosenRow(seen), seen);
}

/**
 * The step of a run for which observing, deciding or carrying out has failed: it waits, people are told, and its
 * placement-timeout applies as to any other wait.
 */
export function afterFailure(
  run: Observed["run"],
  isHeld: boolean,
  failure: { why: string; warning: NonNullable<Step["warnings"]>[number] | undefined },
  now: Date,
): Step {
  const step: Step = { kind: "wait", why: failure.why };
  if (failure.warning !== undefined) step.warnings = [failure.warning];
  return isHeld && run !== undefined ? withinTimeout(run, step, now) : step;
}
