/** How far a run has got, by the names that its tasks have in the reservation. */
import type { V1Pod } from "@kubernetes/client-node";
import { indexed, successorsOf } from "../demand/order";
import { maximum, NOTHING, scaled, sumOf, type Resources } from "../demand/resources";
import type { PlannedTask } from "../demand/task-graph";
import { TEKTON_TASK_RUN_LABEL } from "../keys";
import { hasEnded, type CustomRun, type PipelineRun, type TaskRun } from "../tekton/objects";
import { labelOf, pathOf, prefixesOf, type Prefixes } from "./paths";
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

/** The names of what is over with all that is in it, and of child runs that have ended, by the paths in front of theirs. */
function overNames(seen: Seen, prefixes: Prefixes): Set<string> {
  const over = new Set<string>();
  for (const run of [seen.run, ...seen.children]) {
    const prefix = prefixes.get(run.metadata!.name!);
    if (prefix === undefined) continue;
    if (run !== seen.run && hasEnded(run)) over.add(prefix);
    else for (const { name } of run.status?.skippedTasks ?? []) over.add(`${prefix}${name}`);
  }
  return over;
}

/** Whether it is among them, or in something that is. */
function isWithin(name: string, over: ReadonlySet<string>): boolean {
  if (over.has(name)) return true;
  for (let slash = name.indexOf("/"); slash >= 0; slash = name.indexOf("/", slash + 1)) {
    if (over.has(name.slice(0, slash)) || over.has(name.slice(0, slash + 1))) return true;
  }
  return false;
}

function endedTasks(seen: Seen, prefixes: Prefixes, tasks: readonly PlannedTask[]): Map<string, number> {
  const ended = new Map<string, number>();
  for (const one of [...seen.taskRuns, ...seen.customRuns].filter(hasEnded)) {
    const name = pathOf(one, prefixes);
    if (name !== undefined) ended.set(name, (ended.get(name) ?? 0) + 1);
  }
  const over = overNames(seen, prefixes);
  if (over.size === 0) return ended;
  for (const task of tasks) if (isWithin(task.name, over)) ended.set(task.name, sizeOf(task));
  return ended;
}

/**
 * What TaskRuns that have no pod yet will ask for: a quota may be in the way of theirs. Of those that the reservation
 * does not name nothing is known but the first wave: all of the run together counts as that at least.
 */
function awaitedPods(
  seen: Seen,
  prefixes: Prefixes,
  { tasks, firstWave }: Reservation,
): { named: Resources; unnamed: Resources } {
  const withPod = new Set(seen.pods.map(pod => labelOf(pod, TEKTON_TASK_RUN_LABEL)));
  const each = new Map(tasks.map(task => [task.name, task.each]));
  const awaited = seen.taskRuns
    .filter(taskRun => !hasEnded(taskRun) && !withPod.has(taskRun.metadata!.name!))
    .map(taskRun => each.get(pathOf(taskRun, prefixes) ?? ""));
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
  const before = indexed(tasks);
  const left = tasks.map(task => Math.max(0, sizeOf(task) - (ended.get(task.name) ?? 0)));
  /** How many of those directly before it are not over. */
  const waitsFor = before.map(predecessors => predecessors.length);
  const after = successorsOf(before);
  /** Such tasks are over with those before them. */
  const isEmpty = (index: number): boolean => sizeOf(tasks[index]!) === 0;
  const over = [...tasks.keys()].filter(
    index => left[index] === 0 && (!isEmpty(index) || waitsFor[index] === 0),
  );
  for (let next = 0; next < over.length; next++) {
    for (const index of after[over[next]!]!) {
      const isLast = --waitsFor[index]! === 0;
      if (isLast && isEmpty(index)) over.push(index);
    }
  }
  // Custom tasks are among them, which ask for nothing.
  const onTurn = [...tasks.keys()].filter(index => left[index]! > 0 && waitsFor[index] === 0);
  return sumOf(onTurn.map(index => scaled(tasks[index]!.each, left[index]!)));
}

export function progressOf(seen: Seen, reservation: Reservation): Progress {
  const { tasks, firstWave } = reservation;
  const prefixes = prefixesOf(seen);
  const ended = endedTasks(seen, prefixes, tasks);
  const { named, unnamed } = awaitedPods(seen, prefixes, reservation);
  const made = maximum(sumOf([...seen.pods.map(podRequests), named]), unnamed);
  const hasBegun = seen.taskRuns.length > 0 || ended.size > 0;
  return { ended, held: maximum(made, hasBegun ? turnOf(tasks, ended) : firstWave) };
}
