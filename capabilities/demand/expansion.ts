/** What a run becomes before the pods of its tasks are reckoned. */
import type { Allowance } from "./allowance";
import type { Reference, TaskRunOverrides, TaskSpec } from "./pipeline-spec";

/** One place in the graph: a task with pods or without, or a point where others meet. */
export interface Place {
  name: string;
  count: number;
  after: string[];
  /** What its pods are made from; a custom task has none, and ends when its CustomRun does. */
  task: TaskSpec | "join" | "custom" | "unread";
  /** The run's own settings for the task. */
  overrides: TaskRunOverrides | undefined;
}

export interface Named {
  name: string;
  why: string;
}

export interface Expansion {
  places: Place[];
  /** Definitions that are named and have not been looked for. */
  missing: Reference[];
  /** Tasks of which nothing can be known in advance. */
  unread: Named[];
  /** Tasks whose matrix has an array of unknown length. */
  guessed: string[];
  /** Tasks with more pods than are allowed. */
  cut: Named[];
  /** Of the pods, unless their task has its own. */
  runtimeClass: string | undefined;
  /** Why Tekton will refuse the run. */
  problem: string | undefined;
  /** For what of it is still to be read. */
  allowance: Allowance;
}
