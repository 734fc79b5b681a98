/** How far a run has got, by the names that its tasks have in the reservation. */
import type { V1Pod } from "@kubernetes/client-node";
import { maximum, NOTHING, scaled, sum, sumOf, type Resources } from "../demand/resources";
import type { PlannedTask } from "../demand/task-graph";
import { TEKTON_PIPELINE_RUN_LABEL, TEKTON_PIPELINE_TASK_LABEL, TEKTON_TASK_RUN_LABEL } from "../keys";
import { hasEnded, type PipelineRun, type TaskRun } from "../tekton/objects";
import { podRequests } from "./pod-requests";
import type { Progress, Reservation } from "./reservation";

export interface Seen {
  run: PipelineRun;
  taskRuns: readonly TaskRun[];
  /** Runs of pipelines in pipelines, at any depth. */
  children: readonly PipelineRun[];
  /** Pods of the run that have not ended. */
  pods: readonly V1Pod[];
}

const labelOf = (object: { metadata?: { labels?: Record<string, string> } }, label: string): string =>
  object.metadata?.labels?.[label] ?? "";

/** The path in front of the names of a run's tasks: empty for the root, `inner/` for the child that `inner` is. */
function prefixes({ run, children }: Seen): Map<string, string> {
  const byName = new Map(children.map(child => [child.metadata!.name!, child]));
  const found = new Map([[run.metadata!.name!, ""]]);
  const prefixOf = (name: string, depth: number): string | undefined => {
    const known = found.get(name);
    const child = byName.get(name);
    if (known !== undefined || child === undefined || depth > children.length) return known;
    const parent = prefixOf(labelOf(child, TEKTON_PIPELINE_RUN_LABEL), depth + 1);
    if (parent === undefined) return undefined;
    const prefix = `${parent}${labelOf(child, TEKTON_PIPELINE_TASK_LABEL)}/`;
    found.set(name, prefix);
    return prefix;
  };
  for (const name of byName.keys()) prefixOf(name, 0);
  return found;
}

function endedTasks(seen: Seen, tasks: readonly PlannedTask[]): Map<string, number> {
  const prefixOf = prefixes(seen);
  const ended = new Map<string, number>();
  for (const taskRun of seen.taskRuns.filter(hasEnded)) {
    const prefix = prefixOf.get(labelOf(taskRun, TEKTON_PIPELINE_RUN_LABEL));
    const name = `${prefix}${labelOf(taskRun, TEKTON_PIPELINE_TASK_LABEL)}`;
    if (prefix !== undefined) ended.set(name, (ended.get(name) ?? 0) + 1);
  }
  for (const run of [seen.run, ...seen.children]) {
    const prefix = prefixOf.get(run.metadata!.name!);
    const isOver = run !== seen.run && hasEnded(run);
    const over = isOver ? [prefix] : (run.status?.skippedTasks ?? []).map(({ name }) => `${prefix}${name}`);
    for (const { name, count } of tasks) {
      const isIn = over.some(
        one => name === one || (one !== undefined && name.startsWith(isOver ? one : `${one}/`)),
      );
      if (prefix !== undefined && isIn) ended.set(name, count);
    }
  }
  return ended;
}

/**
 * What TaskRuns that have no pod yet will ask for: a quota may be in the way of theirs. Of those that the reservation
 * does not name nothing is known but the first wave: all of the run together counts as that at least.
 */
function awaitedPods(
  seen: Seen,
  { tasks, firstWave }: Reservation,
): { named: Resources; unnamed: Resources } {
  const prefixOf = prefixes(seen);
  const withPod = new Set(seen.pods.map(pod => labelOf(pod, TEKTON_TASK_RUN_LABEL)));
  const each = new Map(tasks.map(task => [task.name, task.each]));
  const awaited = seen.taskRuns
    .filter(taskRun => !hasEnded(taskRun) && !withPod.has(taskRun.metadata!.name!))
    .map(taskRun => {
      const prefix = prefixOf.get(labelOf(taskRun, TEKTON_PIPELINE_RUN_LABEL)) ?? "";
      return each.get(`${prefix}${labelOf(taskRun, TEKTON_PIPELINE_TASK_LABEL)}`);
    });
  return {
    named: sumOf(awaited.filter(one => one !== undefined)),
    unnamed: awaited.includes(undefined) ? firstWave : NOTHING,
  };
}

/**
 * What the tasks ask for that run or whose turn it is: everything before them has ended. Counted as soon
 * as that is so, and not when their pods appear, so that room is free when they do.
 */
function turnOf(tasks: readonly PlannedTask[], ended: ReadonlyMap<string, number>): Resources {
  const byName = new Map(tasks.map(task => [task.name, task]));
  const left = ({ name, count }: PlannedTask): number => Math.max(0, count - (ended.get(name) ?? 0));
  const over = new Map<string, boolean>();
  const isOver = (task: PlannedTask): boolean => over.get(task.name) ?? false;
  const isNext = (task: PlannedTask): boolean =>
    task.after.every(name => byName.get(name) === undefined || isOver(byName.get(name)!));
  // Tasks without pods are over with those before them; a few passes settle chains of them.
  for (let changed = true; changed; ) {
    changed = false;
    for (const task of tasks) {
      // When a custom task is over is not seen: those after it have their turn when their TaskRuns come.
      const isOpen = left(task) > 0 || task.isCustom === true || (task.count === 0 && !isNext(task));
      if (isOver(task) || isOpen) continue;
      over.set(task.name, true);
      changed = true;
    }
  }
  return sum(
    ...tasks.filter(task => left(task) > 0 && isNext(task)).map(task => scaled(task.each, left(task))),
  );
}

export function progressOf(seen: Seen, reservation: Reservation): Progress {
  const { tasks, firstWave } = reservation;
  const ended = endedTasks(seen, tasks);
  const { named, unnamed } = awaitedPods(seen, reservation);
  const made = maximum(sumOf([...seen.pods.map(podRequests), named]), unnamed);
  const hasBegun = seen.taskRuns.length > 0 || ended.size > 0;
  return { ended, held: maximum(made, hasBegun ? turnOf(tasks, ended) : firstWave) };
}
