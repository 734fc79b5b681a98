/**
 * What a pipeline's tasks have come to: which are done, failed, skipped, and which can start next.
 * Follows PipelineRunFacts of Tekton.
 */
import { specStatus } from "../keys";
import type { PipelineTask } from "../types";
import { dependencies } from "./graph";
import { exists, taskFailed, taskSucceeded, type TaskState } from "./task-state";

/** Reasons for which a task is not run, as they stand in `status.skippedTasks`. */
export const skipReason = {
  when: "When Expressions evaluated to false",
  parent: "Parent Tasks were skipped",
  stopping: "PipelineRun was stopping",
  cancelled: "PipelineRun was gracefully cancelled",
  stopped: "PipelineRun was gracefully stopped",
  pipelineTimeout: "PipelineRun timeout has been reached",
  tasksTimeout: "PipelineRun Tasks timeout has been reached",
  finallyTimeout: "PipelineRun Finally timeout has been reached",
  emptyMatrix: "Matrix Parameters have an empty array",
} as const;

/** Which of a run's timeouts have passed. */
export interface TimedOut {
  pipeline: boolean;
  tasks: boolean;
  finally: boolean;
}

const isMatrixEmpty = (task: PipelineTask): boolean =>
  task.matrix?.params?.some(param => Array.isArray(param.value) && param.value.length === 0) ?? false;

function allowedByWhen(task: PipelineTask): boolean {
  return (task.when ?? []).every(({ input = "", operator, values = [] }) =>
    operator === "notin" ? !values.includes(input) : values.includes(input),
  );
}

export class PipelineState {
  readonly #skipped = new Map<string, string | undefined>();
  readonly #byName: Map<string, TaskState>;

  /** @param status the run's `spec.status` */
  constructor(
    readonly tasks: TaskState[],
    readonly status: string | undefined,
    readonly timedOut: TimedOut,
  ) {
    this.#byName = new Map(tasks.map(state => [state.task.name, state]));
  }

  get dagTasks(): TaskState[] {
    return this.tasks.filter(state => !state.isFinal);
  }

  get finalTasks(): TaskState[] {
    return this.tasks.filter(state => state.isFinal);
  }

  /** Whether no more tasks are started because one failed. */
  get isStopping(): boolean {
    return this.dagTasks.some(state => taskFailed(state) && state.task.onError !== "continue");
  }

  isTaskDone(state: TaskState): boolean {
    return this.skipped(state) !== undefined || taskSucceeded(state) || taskFailed(state);
  }

  get areDagTasksDone(): boolean {
    return this.dagTasks.every(state => this.isTaskDone(state));
  }

  /** Whether the final tasks that exist have all ended; true when there are none. */
  get areFinalTasksDone(): boolean {
    return this.finalTasks.every(state => taskSucceeded(state) || taskFailed(state));
  }

  /** Why the task is skipped; undefined when it is not, or not yet. */
  skipped(state: TaskState): string | undefined {
    const { name } = state.task;
    if (!this.#skipped.has(name))
      this.#skipped.set(name, state.isFinal ? this.#finalSkip(state) : this.#dagSkip(state));
    return this.#skipped.get(name);
  }

  /** The tasks that can start now and have children that do not exist. */
  next(): TaskState[] {
    const halted =
      this.isStopping ||
      this.status === specStatus.cancelledRunFinally ||
      this.status === specStatus.stoppedRunFinally;
    const dag = halted ? [] : this.dagTasks.filter(state => this.#areParentsDone(state));
    const final = this.areDagTasksDone ? this.finalTasks : [];
    return [...dag, ...final].filter(
      state => state.children.length < state.names.length && !this.skipped(state),
    );
  }

  #parents(state: TaskState): TaskState[] {
    return dependencies(state.task).flatMap(name => this.#byName.get(name) ?? []);
  }

  #areParentsDone(state: TaskState): boolean {
    return this.#parents(state).every(parent => this.isTaskDone(parent));
  }

  #dagSkip(state: TaskState): string | undefined {
    // As in Tekton, a child PipelineRun does not count as scheduled: a run that stops or is cancelled
    // gracefully does not wait for it.
    if (exists(state) && state.kind !== "PipelineRun") return undefined;
    if (this.isStopping) return skipReason.stopping;
    if (this.status === specStatus.cancelledRunFinally) return skipReason.cancelled;
    if (this.status === specStatus.stoppedRunFinally) return skipReason.stopped;
    if (exists(state)) return undefined;
    const ready = this.#areParentsDone(state);
    if (ready && !allowedByWhen(state.task)) return skipReason.when;
    const parents = this.#parents(state).map(parent => this.skipped(parent));
    if (parents.some(reason => reason !== undefined && reason !== skipReason.when)) return skipReason.parent;
    if (ready && this.timedOut.pipeline) return skipReason.pipelineTimeout;
    if (ready && this.timedOut.tasks) return skipReason.tasksTimeout;
    return isMatrixEmpty(state.task) ? skipReason.emptyMatrix : undefined;
  }

  #finalSkip(state: TaskState): string | undefined {
    if (exists(state) || !this.areDagTasksDone) return undefined;
    if (!allowedByWhen(state.task)) return skipReason.when;
    if (this.timedOut.pipeline) return skipReason.pipelineTimeout;
    if (this.timedOut.finally) return skipReason.finallyTimeout;
    return isMatrixEmpty(state.task) ? skipReason.emptyMatrix : undefined;
  }
}
