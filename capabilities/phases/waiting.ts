/** What people are told of a run that is held for longer than a moment, where nothing else is to be said of it. Pure. */
import { toQuantities } from "../demand/resources";
import { OPT_IN_LABEL, OPTED_OUT } from "../keys";
import type { Warning } from "../tekton/warning";
import { isGated } from "./gated";
import { heldSince } from "./placement-timeout";
import type { Sight } from "./sight";
import type { Step } from "./steps";

/** A run that is placed sooner is told of in one Event, if in any: Events are writes, and most in a crowd of runs. */
export const WAITS_SECONDS = 5;
/** Where the scheduler has not spoken, it is behind: more writes would not make that better. */
const WAITS_UNSEEN_SECONDS = 15;

/** Of the scheduler's words; an Event holds 1,024 characters. */
const MOST_REASON_CHARACTERS = 500;

function forNode(seen: Sight, scheduler: string): Warning {
  const amounts = Object.entries(toQuantities(seen.asked)).map(([name, quantity]) => `${name} ${quantity}`);
  const asked = amounts.length === 0 ? "" : `, for which its placeholder asks for ${amounts.join(", ")}`;
  return {
    type: "Normal",
    reason: "WaitingForNode",
    about: "node",
    message:
      `The run is held until a node has room for it${asked}. The scheduler says: ` +
      `${scheduler.slice(0, MOST_REASON_CHARACTERS)} An autoscaler makes a node by itself; where there is none, add or ` +
      `free one, or let the run start without co-location by its label ${OPT_IN_LABEL}=${OPTED_OUT}.`,
  };
}

const forOther = ({ why }: Step): Warning => ({
  type: "Normal",
  reason: "Held",
  about: "held",
  message: `The run is held: ${why}.`,
});

/** @param step what the table makes of a held run, with all that is to be said of it */
export function toldOfWait(step: Step, seen: Sight): Step {
  if (step.kind !== "wait" || (step.warnings ?? []).length > 0) return step;
  // No scheduler has looked at it; should its gate stay, that is a Warning, see gated.ts.
  if (seen.pod !== undefined && isGated(seen.pod)) return step;
  const heldSeconds = (seen.now.getTime() - heldSince(seen.run)) / 1000;
  if (Number.isNaN(heldSeconds)) return step;
  const { schedulingMessage } = seen;
  const left = (schedulingMessage === undefined ? WAITS_UNSEEN_SECONDS : WAITS_SECONDS) - heldSeconds;
  if (left > 0) return { ...step, lookAgainSeconds: Math.min(step.lookAgainSeconds ?? Infinity, left) };
  const warning = schedulingMessage === undefined ? forOther(step) : forNode(seen, schedulingMessage);
  return { ...step, warnings: [warning] };
}
