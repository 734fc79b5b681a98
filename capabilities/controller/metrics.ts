/** What the controller has done: counted by the process that did it. */
import { Counter, Histogram } from "prom-client";
import { PREFIX, registry } from "../metrics/registry";
import { MOVE_REASONS, type MoveReason } from "../phases/steps";
import {
  NORMAL_REASONS,
  REFUSAL_REASONS,
  WARNING_REASONS,
  type Reason,
  type RefusalReason,
} from "../tekton/warning";

/** What ended the hold of a run. */
export const OUTCOMES = ["placed", "without_affinity", "cancelled"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Resizes of placeholders that were refused, by what was asked for: `shrink` or `growth`. */
const resizesRefused = new Counter<"direction">({
  name: `${PREFIX}resizes_refused_total`,
  help: "Resizes of placeholders that the API server refused; shrink: the placeholder was replaced by one that keeps no room.",
  labelNames: ["direction"],
  registers: [registry],
});

/** By what stood in the way; each once for a run, with the Event. */
const placeholdersRefused = new Counter<"reason">({
  name: `${PREFIX}placeholders_refused_total`,
  help: "Runs whose placeholder could not be made or placed, its StatefulSet or its pod, by what stood in the way.",
  labelNames: ["reason"],
  registers: [registry],
});
export const countRefusedResize = (direction: "growth" | "shrink"): void => resizesRefused.inc({ direction });
export const countRefusal = (reason: RefusalReason): void => placeholdersRefused.inc({ reason });

const holdsEnded = new Counter<"outcome">({
  name: `${PREFIX}holds_ended_total`,
  help: "Runs that are held no longer, by what became of them: placed, started without_affinity, or cancelled.",
  labelNames: ["outcome"],
  registers: [registry],
});

const placementDuration = new Histogram({
  name: `${PREFIX}placement_duration_seconds`,
  help: "How long placed runs were held, from their creation (or from when the hold was taken over) until they were started.",
  buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 10_800],
  registers: [registry],
});

const moves = new Counter<"reason">({
  name: `${PREFIX}placeholder_moves_total`,
  help: "Placeholders that were sent to look for a node anew, or replaced on their node (not_resizable), by why.",
  labelNames: ["reason"],
  registers: [registry],
});

const events = new Counter<"type" | "reason">({
  name: `${PREFIX}events_total`,
  help: "Events that were made on runs, by their type and reason; repetitions are not counted.",
  labelNames: ["type", "reason"],
  registers: [registry],
});

const retries = new Counter<"cause">({
  name: `${PREFIX}workqueue_retries_total`,
  help: "Looks at a run that are repeated because something failed: it had changed meanwhile (outdated), or an error.",
  labelNames: ["cause"],
  registers: [registry],
});

const reconcileDuration = new Histogram({
  name: `${PREFIX}workqueue_work_duration_seconds`,
  help: "How long a look at a run took, with what was done for it.",
  buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
  registers: [registry],
});

// A counter that is not there before its first increase hides that increase from rate().
for (const reason of NORMAL_REASONS) events.inc({ type: "Normal", reason }, 0);
for (const reason of WARNING_REASONS) events.inc({ type: "Warning", reason }, 0);
for (const reason of REFUSAL_REASONS) placeholdersRefused.inc({ reason }, 0);
for (const direction of ["growth", "shrink"] as const) resizesRefused.inc({ direction }, 0);
for (const outcome of OUTCOMES) holdsEnded.inc({ outcome }, 0);
for (const reason of MOVE_REASONS) moves.inc({ reason }, 0);
for (const cause of ["outdated", "error"]) retries.inc({ cause }, 0);

export function countPlaced(seconds: number): void {
  holdsEnded.inc({ outcome: "placed" });
  placementDuration.observe(seconds);
}
export const countHoldEnded = (outcome: Exclude<Outcome, "placed">): void => holdsEnded.inc({ outcome });
export const countMove = (reason: MoveReason): void => moves.inc({ reason });
export const countEvent = (type: "Normal" | "Warning", reason: Reason): void => events.inc({ type, reason });
export const countRetry = (cause: "outdated" | "error"): void => retries.inc({ cause });

/** Measures a look at a run, whatever comes of it. */
export async function measuringWork<T>(work: () => Promise<T>): Promise<T> {
  const end = reconcileDuration.startTimer();
  try {
    return await work();
  } finally {
    end();
  }
}
