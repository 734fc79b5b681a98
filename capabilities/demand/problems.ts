/** Why Tekton will refuse a pipeline, as far as the order of its tasks goes. */
import { dependenciesOf, resultsUsedBy } from "./dependencies";
import { indexed, topologicalOrder, withoutDetours } from "./order";
import type { PipelineSpec, PipelineTask } from "./pipeline-spec";
import { objectsOf, textOf } from "./untrusted";

const TASK_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export interface OrderedTask {
  name: string;
  task: PipelineTask;
  /** Names of the tasks that come directly before it, as few as needed. */
  after: string[];
  /** The same, all that it names. */
  parents: string[];
  /** Names of the tasks whose results it uses. */
  uses: string[];
}

export interface OrderedPipeline {
  /** As they are listed. */
  tasks: OrderedTask[];
  /** The same, each after those that come before it. */
  inOrder: OrderedTask[];
  /** They start together when all tasks have ended. */
  finally: OrderedTask[];
}

const named = (tasks: PipelineTask[] | undefined): OrderedTask[] =>
  objectsOf(tasks).map(task => ({
    name: textOf(task.name) ?? "",
    task,
    after: [],
    parents: [],
    uses: resultsUsedBy(task),
  }));

const quoted = (name: string): string => JSON.stringify(name.slice(0, 80));

function problemWithNames(tasks: OrderedTask[], final: OrderedTask[]): string | undefined {
  const names = new Set<string>();
  for (const { name } of [...tasks, ...final]) {
    if (!TASK_NAME.test(name)) return `${quoted(name)} is not the name of a task`;
    if (names.has(name)) return `two tasks are named ${name}`;
    names.add(name);
  }
  const dagNames = new Set(tasks.map(({ name }) => name));
  for (const { name, after } of tasks) {
    const unknown = after.find(other => !dagNames.has(other));
    if (unknown !== undefined)
      return `task ${name} comes after ${quoted(unknown)}, which is not a task of it`;
  }
  return undefined;
}

/** The pipeline's tasks and what each comes after, or the problem that keeps them from having an order. */
export function orderedPipeline(spec: PipelineSpec): OrderedPipeline | string {
  const tasks = named(spec.tasks).map(item => {
    const parents = dependenciesOf(item.task, item.uses);
    return { ...item, after: parents, parents };
  });
  const final = named(spec.finally);
  const problem = problemWithNames(tasks, final);
  if (problem !== undefined) return problem;
  const before = indexed(tasks);
  const order = topologicalOrder(before);
  if (order === undefined) return "its tasks wait for each other in a circle";
  const needed = withoutDetours(before, order);
  const ordered = tasks.map((item, index) => ({
    ...item,
    after: needed[index]!.map(one => tasks[one]!.name),
  }));
  return { tasks: ordered, inOrder: order.map(index => ordered[index]!), finally: final };
}
