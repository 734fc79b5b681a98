/** The one condition of a run that Tekton keeps: Succeeded. */
import { timestamp } from "./duration";
import type { Condition, Run } from "./types";

/** The run's condition Succeeded; undefined before its first reconcile. */
export const conditionOf = (run: { status?: { conditions?: Condition[] } }): Condition | undefined =>
  run.status?.conditions?.find(condition => condition.type === "Succeeded");

export const isSuccessful = (run: Run): boolean => conditionOf(run)?.status === "True";
export const hasFailed = (run: Run): boolean => conditionOf(run)?.status === "False";
export const isDone = (run: Run): boolean => isSuccessful(run) || hasFailed(run);

/**
 * The condition Succeeded as it is to be; its time moves only when its status does.
 *
 * @param now milliseconds since the epoch
 */
export function succeeded(
  before: Condition | undefined,
  status: Condition["status"],
  reason: string,
  message: string,
  now: number,
): Condition {
  const unchanged = before?.status === status;
  return {
    type: "Succeeded",
    status,
    reason,
    message,
    lastTransitionTime: unchanged ? before.lastTransitionTime : timestamp(now),
  };
}
