/** What a run becomes before the pods of its tasks are reckoned. */
import type { Allowance } from "./allowance";
import type { Values } from "./params";
import type { PipelineTask, Reference, TaskRunOverrides, TaskSpec } from "./pipeline-spec";

/** The pipeline's task that a place comes from, and the params of that pipeline. */
export interface Origin {
  task: PipelineTask;
  values: Values;
}

/** One place in the graph: a task with pods or without, or a point where others meet. */
export interface Place {
  name: string;
  /** Pods; of a custom task, CustomRuns. */
  count: number;
  after: string[];
  /** What its pods are made from; a custom task has none, and ends when its CustomRuns do. */
  task: TaskSpec | "join" | "custom" | "unread";
  /** The run's own settings for the task. */
  overrides: TaskRunOverrides | undefined;
  /** Undefined where a pipeline cannot be read, and where others meet. */
  origin: Origin | undefined;
  /** Names of the run's workspaces that its pods use; undefined where others meet, and where any may be used. */
  workspaces: (() => string[]) | undefined;
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
  /** Why Tekton will refuse the run. */
  problem: string | undefined;
  /** For what of it is still to be read. */
  allowance: Allowance;
}
