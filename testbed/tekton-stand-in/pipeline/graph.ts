/** The order of a pipeline's tasks: what must be done before what. */
import { references } from "../substitution";
import type { PipelineTask } from "../types";

const resultReference = /^tasks\.([^.]+)\.results[.[]/;

/** Names of the tasks whose results the task uses, in its parameters, matrix and when expressions. */
export function resultSources(task: PipelineTask): string[] {
  const text = JSON.stringify([task.params, task.matrix, task.when]);
  const names = references(text, "tasks.").map(name => resultReference.exec(name)?.[1]);
  return names.filter(name => name !== undefined);
}

/** Names of the tasks that must be done before this one: those it runs after and those whose results it uses. */
export function dependencies(task: PipelineTask): string[] {
  return [...new Set([...resultSources(task), ...(task.runAfter ?? [])])];
}

/** Why the tasks have no order: a task that does not exist, a name used twice, or a cycle. */
export function graphProblem(tasks: PipelineTask[]): string | undefined {
  const names = new Set<string>();
  for (const { name } of tasks) {
    if (names.has(name)) return `duplicate pipeline task ${name}`;
    names.add(name);
  }
  for (const task of tasks) {
    const unknown = dependencies(task).find(name => !names.has(name));
    if (unknown) return `task ${task.name} depends on ${unknown} but ${unknown} wasn't present in Pipeline`;
  }
  const ordered = new Set<string>();
  for (let left = tasks; left.length > 0; ) {
    const next = left.filter(task => dependencies(task).every(name => ordered.has(name)));
    if (next.length === 0)
      return `cycle detected; tasks ${left.map(task => task.name).join(", ")} wait for each other`;
    for (const task of next) ordered.add(task.name);
    left = left.filter(task => !ordered.has(task.name));
  }
  return undefined;
}
