/** How far a run has got, by the names that its tasks have in the reservation. */
import type { V1Pod } from "@kubernetes/client-node";
import { maximum, NOTHING, scaled, sum, type Resources } from "../demand/resources";
import type { PlannedTask } from "../demand/task-graph";
import { TEKTON_PIPELINE_RUN_LABEL, TEKTON_PIPELINE_TASK_LABEL, TEKTON_TASK_RUN_LABEL } from "../keys";
import { hasEnded, type CustomRun, type PipelineRun, type TaskRun } from "../tekton/objects";
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
  for (const one of [...seen.taskRuns, ...seen.customRuns].filter(hasEnded)) {
    const prefix = prefixOf.get(labelOf(one, TEKTON_PIPELINE_RUN_LABEL));
    const name = `${prefix}${labelOf(one, TEKTON_PIPELINE_TASK_LABEL)}`;
    if (prefix !== undefined) ended.set(name, (ended.get(name) ?? 0) + 1);
  }
  for (const run of [seen.run, ...seen.children]) {
    const prefix = prefixOf.get(run.metadata!.name!);
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
  const prefixOf = prefixes(seen);
  const withPod = new Set(seen.pods.map(pod => labelOf(pod, TEKTON_TASK_RUN_LABEL)));
  const each = new Map(tasks.map(task => [task.name, task.each]));
  return seen.taskRuns
    .filter(taskRun => !hasEnded(taskRun) && !withPod.has(taskRun.metadata!.name!))
    .map(taskRun => {
      const prefix = prefixOf.get(labelOf(taskRun, TEKTON_PIPELINE_RUN_LABEL)) ?? "";
      return each.get(`${prefix}${labelOf(taskRun, TEKTON_PIPELINE_TASK_LABEL)}`) ?? NOTHING;
    });
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
