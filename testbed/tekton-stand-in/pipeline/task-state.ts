/** What one pipeline task has come to. Follows ResolvedPipelineTask of Tekton. */
import { conditionOf, hasFailed, isDone, isSuccessful } from "../conditions";
import { cancelMessage, customRunCancelled, taskRunCancelled } from "../keys";
import type { ChildKind, PipelineTask, Run } from "../types";

/** One pipeline task and the runs that it has become. */
export interface TaskState {
  task: PipelineTask;
  isFinal: boolean;
  kind: ChildKind;
  /** Names of its children, those that do not exist yet too. */
  names: string[];
  children: Run[];
}

export const exists = (state: TaskState): boolean => state.children.length > 0;
export const taskSucceeded = (state: TaskState): boolean =>
  exists(state) && state.children.every(isSuccessful);
export const taskFailed = (state: TaskState): boolean =>
  state.children.some(hasFailed) && state.children.every(isDone);
export const taskIsRunning = (state: TaskState): boolean =>
  exists(state) && !taskSucceeded(state) && !taskFailed(state);

const cancelledReasons = [taskRunCancelled, customRunCancelled, "CustomRunCancelled"];
/** Whether the task's failure is a cancellation, by a timeout of the run or for another reason. Not for child runs. */
export function taskCancelled(state: TaskState, byTimeout: boolean): boolean {
  if (state.kind === "PipelineRun" || !taskFailed(state)) return false;
  const timeoutMessage = cancelMessage[state.kind].timedOut;
  return state.children.some(
    child =>
      hasFailed(child) &&
      cancelledReasons.includes(conditionOf(child)!.reason) &&
      (!byTimeout || child.spec["statusMessage"] === timeoutMessage),
  );
}
