/** The condition that a PipelineRun has while its tasks stand as they do. */
import { specStatus } from "../keys";
import type { Condition } from "../types";
import { type PipelineState, skipReason } from "./state";
import { taskCancelled, taskFailed, taskSucceeded } from "./task-state";

export type Verdict = Pick<Condition, "status" | "reason" | "message">;

/** Reasons of a PipelineRun's condition. */
export const reason = {
  running: "Running",
  pending: "PipelineRunPending",
  succeeded: "Succeeded",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
  timedOut: "PipelineRunTimeout",
  stopping: "PipelineRunStopping",
  cancelledRunningFinally: "CancelledRunningFinally",
  stoppedRunningFinally: "StoppedRunningFinally",
  timedOutRunningFinally: "PipelineRunTimeoutRunningFinally",
  couldntCancel: "PipelineRunCouldntCancel",
  couldntTimeOut: "PipelineRunCouldntTimeOut",
} as const;

interface Counts {
  succeeded: number;
  failed: number;
  ignored: number;
  cancelled: number;
  skipped: number;
  skippedByTimeout: number;
  incomplete: number;
}

const timeouts: string[] = [skipReason.pipelineTimeout, skipReason.tasksTimeout, skipReason.finallyTimeout];

function count(state: PipelineState): Counts {
  const counts = {
    succeeded: 0,
    failed: 0,
    ignored: 0,
    cancelled: 0,
    skipped: 0,
    skippedByTimeout: 0,
    incomplete: 0,
  };
  for (const task of state.tasks) {
    const skipped = state.skipped(task);
    if (taskSucceeded(task)) counts.succeeded++;
    else if (taskCancelled(task, true)) counts.failed++;
    else if (taskCancelled(task, false)) counts.cancelled++;
    else if (taskFailed(task)) counts[task.task.onError === "continue" ? "ignored" : "failed"]++;
    else if (skipped === undefined) counts.incomplete++;
    else {
      counts.skipped++;
      if (timeouts.includes(skipped)) counts.skippedByTimeout++;
    }
  }
  return counts;
}

function ended(state: PipelineState, counts: Counts, run: string, summary: string): Verdict {
  const failed = { status: "False", message: summary } as const;
  if (counts.failed > 0 || counts.skippedByTimeout > 0) return { ...failed, reason: reason.failed };
  if (state.status === specStatus.cancelledRunFinally || state.status === specStatus.stoppedRunFinally) {
    return { ...failed, reason: reason.cancelled, message: `PipelineRun "${run}" was cancelled` };
  }
  if (counts.cancelled > 0) return { ...failed, reason: reason.cancelled };
  return {
    status: "True",
    reason: counts.skipped > 0 ? reason.completed : reason.succeeded,
    message: summary,
  };
}

function runningReason(state: PipelineState, counts: Counts): string {
  if (state.timedOut.tasks && state.finalTasks.length > 0 && !state.areFinalTasksDone) {
    return reason.timedOutRunningFinally;
  }
  if (state.status === specStatus.cancelledRunFinally) return reason.cancelledRunningFinally;
  if (state.status === specStatus.stoppedRunFinally) return reason.stoppedRunningFinally;
  const isStopping = counts.cancelled > 0 || (counts.failed > 0 && state.areFinalTasksDone);
  return isStopping ? reason.stopping : reason.running;
}

/**
 * The run's condition.
 *
 * @param run its name, for messages
 * @param timeout its timeout as a Go duration, for messages
 */
export function verdict(state: PipelineState, run: string, timeout: string): Verdict {
  if (state.timedOut.pipeline || (state.timedOut.tasks && state.areFinalTasksDone)) {
    return {
      status: "False",
      reason: reason.timedOut,
      message: `PipelineRun "${run}" failed to finish within "${timeout}"`,
    };
  }
  const counts = count(state);
  const complete = counts.succeeded + counts.failed + counts.cancelled + counts.ignored;
  const ignored = counts.ignored > 0 ? ` (Ignored: ${counts.ignored})` : "";
  const done = `Tasks Completed: ${complete} (Failed: ${counts.failed + counts.ignored}${ignored}, Cancelled ${counts.cancelled})`;
  if (counts.incomplete === 0) return ended(state, counts, run, `${done}, Skipped: ${counts.skipped}`);
  return {
    status: "Unknown",
    reason: runningReason(state, counts),
    message: `${done}, Incomplete: ${counts.incomplete}, Skipped: ${counts.skipped}`,
  };
}
