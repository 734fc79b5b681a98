/** The widest moment of a run: for each resource, the most that tasks can ask for that may run at once. */
import { AntichainFinder } from "./antichain";
import { indexed, topologicalOrder } from "./order";
import { amountOf, scaled, sum, type Resources } from "./resources";
import type { PlannedTask, TaskGraph } from "./task-graph";

export interface Peak {
  peak: Resources;
  /** For each resource, names of the tasks that make its peak. */
  tasks: Record<string, string[]>;
}

/**
 * @param ended how many of a task's pods have ended for good
 */
export function peakDemand(graph: TaskGraph, ended: ReadonlyMap<string, number> = new Map()): Peak {
  const { tasks } = graph;
  const finder = new AntichainFinder(indexed(tasks));
  const remaining = tasks.map(({ name, count }) => Math.max(0, count - (ended.get(name) ?? 0)));
  const resources = new Set(tasks.flatMap(({ each }) => Object.keys(each)));
  const found = [...resources].map(resource => {
    const weights = tasks.map(({ each }, index) => amountOf(each, resource) * remaining[index]!);
    return { resource, ...finder.heaviest(weights) };
  });
  return {
    peak: Object.fromEntries(found.map(({ resource, weight }) => [resource, weight])),
    tasks: Object.fromEntries(
      found.map(({ resource, members }) => [resource, members.map(index => tasks[index]!.name)]),
    ),
  };
}

/** Tasks by the most tasks with pods that come one after another before them; of a graph with a cycle none. */
function wavesOfTasks({ tasks }: TaskGraph): PlannedTask[][] {
  const before = indexed(tasks);
  const depths = tasks.map(() => 0);
  const waves: PlannedTask[][] = [];
  for (const index of topologicalOrder(before) ?? []) {
    const task = tasks[index]!;
    for (const predecessor of before[index]!) {
      const hasPods = tasks[predecessor]!.count > 0;
      depths[index] = Math.max(depths[index]!, depths[predecessor]! + (hasPods ? 1 : 0));
    }
    if (task.count > 0) (waves[depths[index]!] ??= []).push(task);
  }
  return waves;
}

/** All tasks with none before them, together. */
export const firstWave = (graph: TaskGraph): Resources =>
  sum(...(wavesOfTasks(graph)[0] ?? []).map(({ each, count }) => scaled(each, count)));

/** For people: names of tasks by the longest path from the start. */
export const waves = (graph: TaskGraph): string[][] =>
  wavesOfTasks(graph).map(wave => wave.map(({ name }) => name));
