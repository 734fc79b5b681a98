/** How long a run that has started may stand still because of its node, and what becomes of it then. */
import { NO_TIMEOUT } from "../choices/choices";
import { parseDuration } from "../choices/duration";
import { CANCELLED } from "../keys";
import { boundAt, PATIENCE_SECONDS, unschedulableBecause, unschedulableSince } from "../room/waiting-pods";
import type { Warning } from "../tekton/warning";
import { hasNode } from "./observed";
import type { Sight } from "./sight";
import type { Step } from "./steps";

interface Stuck {
  /** Milliseconds of the epoch. */
  since: number;
  why: string;
}

/** Nothing of it that still runs can end: then since when, and why. */
export function stuck(seen: Sight): Stuck | undefined {
  const { pods } = seen.own;
  const there = pods.filter(hasNode);
  if (there.length > 0) {
    const troubles = there.map(({ spec }) => seen.troubleOf(spec!.nodeName!));
    if (troubles.some(trouble => trouble?.answers !== false)) return undefined;
    const since = troubles.flatMap(trouble => trouble?.since ?? []);
    const [pod] = there;
    return since.length === 0
      ? undefined
      : { since: Math.max(...since), why: `its node ${pod!.spec!.nodeName} ${troubles[0]!.what}` };
  }
  const waits = pods.flatMap(pod => {
    const since = unschedulableSince(pod);
    return since === undefined ? [] : [{ since, why: unschedulableBecause(pod) ?? "no node takes its pods" }];
  });
  return waits.sort((one, other) => one.since - other.since)[0];
}

const CONSEQUENCE = { wait: "It goes on waiting", cancel: "It is cancelled" } as const;

function warningOf({ why }: Stuck, { settings }: Sight): Warning {
  const { STUCK_TIMEOUT: timeout, ON_STUCK_TIMEOUT: then } = settings;
  return {
    reason: "Stuck",
    about: `${timeout} ${then}`,
    message:
      `The run has stood still for ${timeout}. ${CONSEQUENCE[then]} (settings stuckTimeout and onStuckTimeout). ` +
      `Why it stands still: ${why}`,
  };
}

/** @param seconds when something is to be looked at, besides */
export function lookingAgain(step: Step, seconds: readonly number[]): Step {
  const all = [step.lookAgainSeconds ?? Infinity, ...seconds];
  const next = Math.min(...all);
  return next === Infinity ? step : { ...step, lookAgainSeconds: next };
}

/** A step that goes on with the run is taken, however late; all else ends at the deadline. */
export function withinStuckTimeout(step: Step, seen: Sight): Step {
  const { settings, now, run, node, pod } = seen;
  if (settings.STUCK_TIMEOUT === NO_TIMEOUT || settings.MOVES === "disabled") return step;
  if (step.kind !== "wait" && step.kind !== "none") return step;
  if (run.spec?.status?.startsWith(CANCELLED) === true) return step;
  const found = stuck(seen);
  if (found === undefined) return step;
  // What the scheduler said before it has arrived is not about where it is now.
  const arrived = node === undefined ? 0 : boundAt(pod!) + PATIENCE_SECONDS * 1000;
  const left = Math.max(found.since + parseDuration(settings.STUCK_TIMEOUT), arrived) - now.getTime();
  if (left > 0) return lookingAgain(step, [left / 1000]);
  const warnings = [...(step.warnings ?? []), warningOf(found, seen)];
  if (settings.ON_STUCK_TIMEOUT === "wait") return { ...step, warnings };
  return { kind: "cancel", why: `it has stood still for ${settings.STUCK_TIMEOUT}: ${found.why}`, warnings };
}
