/** How far a run has got, by the names that its tasks have in the reservation. */
import type { V1Pod } from "@kubernetes/client-node";
import { maximum, NOTHING, scaled, sum, type Resources } from "../demand/resources";
import type { PlannedTask } from "../demand/task-graph";
import { TEKTON_TASK_RUN_LABEL } from "../keys";
import { hasEnded, type CustomRun, type PipelineRun, type TaskRun } from "../tekton/objects";
import { labelOf, pathOf, prefixesOf } from "./paths";
import { podRequests } from "./pod-requests";
import type { Progress, Reservation } from "./reservation";

export interface Seen {
  run: PipelineRun;
  taskRuns: readonly TaskRun[];
  /** What custom tasks became: a wait, an approval. */
  customRuns: readonly CustomRun[];
  /** Runs of pipelines in pipelines, at any depth. */
  children: readonly PipelineRun[];
  /** Pods of the run that have not ended. */
  pods: readonly V1Pod[];
}

/** How many pods or CustomRuns end with the task. */
const sizeOf = ({ count, customRuns = 0 }: PlannedTask): number => count + customRuns;

function endedTasks(seen: Seen, tasks: readonly PlannedTask[]): Map<string, number> {
  const prefixes = prefixesOf(seen);
  const ended = new Map<string, number>();
  for (const one of [...seen.taskRuns, ...seen.customRuns].filter(hasEnded)) {
    const name = pathOf(one, prefixes);
    if (name !== undefined) ended.set(name, (ended.get(name) ?? 0) + 1);
  }
  for (const run of [seen.run, ...seen.children]) {
    const prefix = prefixes.get(run.metadata!.name!);
    const isOver = run !== seen.run && hasEnded(run);
    const over = isOver ? [prefix] : (run.status?.skippedTasks ?? []).map(({ name }) => `${prefix}${name}`);
    for (const task of tasks) {
      const { name } = task;
      const isIn = over.some(
        one => name === one || (one !== undefined && name.startsWith(isOver ? one : `${one}/`)),
      );
      if (prefix !== undefined && isIn) ended.set(name, sizeOf(task));
    }
  }
  return ended;
}

/** What TaskRuns that have no pod yet will ask for: a quota may be in the way of theirs. */
function awaitedPods(seen: Seen, tasks: readonly PlannedTask[]): Resources[] {
  const prefixes = prefixesOf(seen);
  const withPod = new Set(seen.pods.map(pod => labelOf(pod, TEKTON_TASK_RUN_LABEL)));
  const each = new Map(tasks.map(task => [task.name, task.each]));
  return seen.taskRuns
    .filter(taskRun => !hasEnded(taskRun) && !withPod.has(taskRun.metadata!.name!))
    .map(taskRun => each.get(pathOf(taskRun, prefixes) ?? "") ?? NOTHING);
}

/**
 * What the tasks ask for that run or whose turn it is: everything before them has ended. Counted as soon
 * as that is so, and not when their pods appear, so that room is free when they do.
 */
function turnOf(tasks: readonly PlannedTask[], ended: ReadonlyMap<string, number>): Resources {
  const byName = new Map(tasks.map(task => [task.name, task]));
  const left = (task: PlannedTask): number => Math.max(0, sizeOf(task) - (ended.get(task.name) ?? 0));
  const over = new Map<string, boolean>();
  const isOver = (task: PlannedTask): boolean => over.get(task.name) ?? false;
  const isNext = (task: PlannedTask): boolean =>
    task.after.every(name => byName.get(name) === undefined || isOver(byName.get(name)!));
  // Tasks without pods are over with those before them; a few passes settle chains of them.
  for (let changed = true; changed; ) {
    changed = false;
    for (const task of tasks) {
      const isOpen = left(task) > 0 || (sizeOf(task) === 0 && !isNext(task));
      if (isOver(task) || isOpen) continue;
      over.set(task.name, true);
      changed = true;
    }
  }
  // Custom tasks are among them, which ask for nothing.
  return sum(
    ...tasks.filter(task => left(task) > 0 && isNext(task)).map(task => scaled(task.each, left(task))),
  );
}

export function progressOf(seen: Seen, { tasks, firstWave }: Reservation): Progress {
  const ended = endedTasks(seen, tasks);
  const made = sum(...seen.pods.map(podRequests), ...awaitedPods(seen, tasks));
  const hasBegun = seen.taskRuns.length > 0 || ended.size > 0;
  return { ended, held: maximum(made, hasBegun ? turnOf(tasks, ended) : firstWave) };
}
