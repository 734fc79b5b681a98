/** How far a run has got, by the names that its tasks have in the reservation. */
import type { V1Pod } from "@kubernetes/client-node";
import { DEEPEST } from "../demand/limits";
import { indexed, successorsOf } from "../demand/order";
import { maximum, NOTHING, scaled, sumOf, type Resources } from "../demand/resources";
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

/** By run, the path in front of the names of its tasks: empty for the root, `inner/` for the child that `inner` is. */
type Prefixes = ReadonlyMap<string, string>;

function prefixes({ run, children }: Seen): Prefixes {
  const byName = new Map(children.map(child => [child.metadata!.name!, child]));
  const found = new Map([[run.metadata!.name!, ""]]);
  const prefixOf = (name: string, depth: number): string | undefined => {
    const known = found.get(name);
    const child = byName.get(name);
    if (known !== undefined || child === undefined || depth > DEEPEST) return known;
    const parent = prefixOf(labelOf(child, TEKTON_PIPELINE_RUN_LABEL), depth + 1);
    if (parent === undefined) return undefined;
    const prefix = `${parent}${labelOf(child, TEKTON_PIPELINE_TASK_LABEL)}/`;
    found.set(name, prefix);
    return prefix;
  };
  for (const name of byName.keys()) prefixOf(name, 0);
  return found;
}

/** The names of what is over with all that is in it, and of child runs that have ended, by the paths in front of theirs. */
function overNames(seen: Seen, prefixOf: Prefixes): Set<string> {
  const over = new Set<string>();
  for (const run of [seen.run, ...seen.children]) {
    const prefix = prefixOf.get(run.metadata!.name!);
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

function endedTasks(seen: Seen, prefixOf: Prefixes, tasks: readonly PlannedTask[]): Map<string, number> {
  const ended = new Map<string, number>();
  for (const taskRun of seen.taskRuns.filter(hasEnded)) {
    const prefix = prefixOf.get(labelOf(taskRun, TEKTON_PIPELINE_RUN_LABEL));
    const name = `${prefix}${labelOf(taskRun, TEKTON_PIPELINE_TASK_LABEL)}`;
    if (prefix !== undefined) ended.set(name, (ended.get(name) ?? 0) + 1);
  }
  const over = overNames(seen, prefixOf);
  if (over.size === 0) return ended;
  for (const { name, count } of tasks) if (isWithin(name, over)) ended.set(name, count);
  return ended;
}

/**
 * What TaskRuns that have no pod yet will ask for: a quota may be in the way of theirs. Of those that the reservation
 * does not name nothing is known but the first wave: all of the run together counts as that at least.
 */
function awaitedPods(
  seen: Seen,
  prefixOf: Prefixes,
  { tasks, firstWave }: Reservation,
): { named: Resources; unnamed: Resources } {
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
  const before = indexed(tasks);
  const left = tasks.map(({ name, count }) => Math.max(0, count - (ended.get(name) ?? 0)));
  /** How many of those directly before it are not over. */
  const waitsFor = before.map(predecessors => predecessors.length);
  const after = successorsOf(before);
  // When a custom task is over is not seen: those after it have their turn when their TaskRuns come.
  const mayBeOver = (index: number): boolean => left[index] === 0 && tasks[index]!.isCustom !== true;
  // Tasks without pods are over with those before them.
  const over = [...tasks.keys()].filter(
    index => mayBeOver(index) && (tasks[index]!.count > 0 || waitsFor[index] === 0),
  );
  for (let next = 0; next < over.length; next++) {
    for (const index of after[over[next]!]!) {
      const isLast = --waitsFor[index]! === 0;
      if (isLast && mayBeOver(index) && tasks[index]!.count === 0) over.push(index);
    }
  }
  const onTurn = [...tasks.keys()].filter(index => left[index]! > 0 && waitsFor[index] === 0);
  return sumOf(onTurn.map(index => scaled(tasks[index]!.each, left[index]!)));
}

export function progressOf(seen: Seen, reservation: Reservation): Progress {
  const { tasks, firstWave } = reservation;
  const prefixOf = prefixes(seen);
  const ended = endedTasks(seen, prefixOf, tasks);
  const { named, unnamed } = awaitedPods(seen, prefixOf, reservation);
  const made = maximum(sumOf([...seen.pods.map(podRequests), named]), unnamed);
  const hasBegun = seen.taskRuns.length > 0 || ended.size > 0;
  return { ended, held: maximum(made, hasBegun ? turnOf(tasks, ended) : firstWave) };
}
