/** A pipeline's spec with the values of its parameters, contexts and workspaces put in. */
import { conditionOf, hasFailed } from "../conditions";
import { paramReplacements, substitute, united, type Replacements } from "../substitution";
import type { PipelineRun, PipelineSpec, PipelineTask, TaskSpec } from "../types";
import type { PipelineState } from "./state";
import { taskFailed, taskSucceeded, type TaskState } from "./task-state";

function contexts(run: PipelineRun, pipeline: string, spec: PipelineSpec): Replacements {
  const { name, namespace, uid } = run.metadata;
  const bound = new Set(run.spec.workspaces?.map(workspace => workspace.name));
  return new Map<string, string>([
    ["context.pipelineRun.name", name],
    ["context.pipelineRun.namespace", namespace],
    ["context.pipelineRun.uid", uid],
    ["context.pipeline.name", pipeline],
    ...(spec.workspaces ?? []).map((workspace): [string, string] => [
      `workspaces.${workspace.name}.bound`,
      String(bound.has(workspace.name)),
    ]),
  ]);
}

/**
 * For an embedded task: its pipeline's params, also where it has a default of the name, and those that the pipeline's
 * task gives in their place. Source: propagateParams in Tekton's pkg/reconciler/pipelinerun/resources/apply.go.
 */
function propagated(replacements: Replacements, params: PipelineTask["params"]): Replacements {
  const given = paramReplacements([], params);
  return new Map([...replacements].map(([key, value]) => [key, given.get(key) ?? value]));
}

/** Defaults of its params stay as they are. */
const embedded = ({ params, ...rest }: TaskSpec, replacements: Replacements): TaskSpec => ({
  ...(params && { params }),
  ...substitute(rest, replacements),
});

function resolvedTask(task: PipelineTask, replacements: Replacements): PipelineTask {
  // A pipeline in a pipeline gets values only through its params.
  const { taskSpec, pipelineSpec, ...rest } = task;
  const own: Replacements = new Map([["context.pipelineTask.retries", String(task.retries ?? 0)]]);
  const known = united(own, replacements);
  const resolved = substitute(rest, known);
  return {
    ...resolved,
    ...(taskSpec ? { taskSpec: embedded(taskSpec, propagated(known, resolved.params)) } : {}),
    ...(pipelineSpec ? { pipelineSpec } : {}),
  } as PipelineTask;
}

/** The spec as it is kept in the run's status, and from which its children are made. */
export function resolvedSpec(run: PipelineRun, spec: PipelineSpec, pipeline: string): PipelineSpec {
  const replacements = united(paramReplacements(spec.params, run.spec.params), contexts(run, pipeline, spec));
  const tasks = (list: PipelineTask[]): PipelineTask[] => list.map(task => resolvedTask(task, replacements));
  return {
    ...spec,
    ...(spec.tasks ? { tasks: tasks(spec.tasks) } : {}),
    ...(spec.finally ? { finally: tasks(spec.finally) } : {}),
  };
}

function statusOf(task: TaskState): string {
  if (taskSucceeded(task)) return "Succeeded";
  return task.children.some(hasFailed) ? "Failed" : "None";
}

/** A final task with the outcome of the other tasks (`$(tasks.x.status)`, `$(tasks.status)`) put in. */
export function applyTaskStatuses(item: TaskState, state: PipelineState): TaskState {
  if (!item.isFinal) return item;
  const replacements: Replacements = new Map();
  for (const task of state.dagTasks) {
    replacements.set(`tasks.${task.task.name}.status`, statusOf(task));
    replacements.set(
      `tasks.${task.task.name}.reason`,
      (task.children[0] && conditionOf(task.children[0])?.reason) ?? "",
    );
  }
  const isCompleted = state.dagTasks.some(task => state.skipped(task) !== undefined);
  const aggregate = state.dagTasks.some(taskFailed) ? "Failed" : isCompleted ? "Completed" : "Succeeded";
  replacements.set("tasks.status", aggregate);
  return { ...item, task: substitute(item.task, replacements) };
}
