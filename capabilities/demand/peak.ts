/** The widest moment of a run: for each resource, the most that tasks can ask for that may run at once. */
import { AntichainFinder } from "./antichain";
import { MOST_ARCS_VISITED } from "./limits";
import { indexed, topologicalOrder } from "./order";
import { amountOf, MOST_OF_A_RESOURCE, scaled, sumOf, type Resources } from "./resources";
import type { PlannedTask, TaskGraph } from "./task-graph";

export interface Peak {
  peak: Resources;
  /** For each resource, names of the tasks that make its peak. */
  tasks: Record<string, string[]>;
  /** Resources of which the peak may be counted too high, as the graph is too intricate. */
  upperBounds?: string[];
}

/**
 * @param ended how many of a task's pods have ended for good
 * @param mostVisited how much of the graph is looked at
 */
export function peakDemand(
  graph: TaskGraph,
  ended: ReadonlyMap<string, number> = new Map(),
  mostVisited = MOST_ARCS_VISITED,
): Peak {
  const { tasks } = graph;
  const finder = new AntichainFinder(indexed(tasks), mostVisited);
  const remaining = tasks.map(({ name, count }) => Math.max(0, count - (ended.get(name) ?? 0)));
  const resources = new Set(tasks.flatMap(({ each }) => Object.keys(each)));
  const found = [...resources].map(resource => {
    const weights = tasks.map(({ each }, index) => amountOf(each, resource) * remaining[index]!);
    return { resource, ...finder.heaviest(weights) };
  });
  const upperBounds = found.filter(({ isUpperBound }) => isUpperBound).map(({ resource }) => resource);
  const peak: Peak = {
    peak: Object.fromEntries(
      found.map(({ resource, weight }) => [resource, Math.min(MOST_OF_A_RESOURCE, weight)]),
    ),
    tasks: Object.fromEntries(
      found.map(({ resource, members }) => [resource, members.map(index => tasks[index]!.name)]),
    ),
  };
  return upperBounds.length === 0 ? peak : { ...peak, upperBounds };
}

/** Tasks by the most tasks that take time and come one after another before them; of a graph with a cycle none. */
function wavesOfTasks({ tasks }: TaskGraph): PlannedTask[][] {
  const before = indexed(tasks);
  const depths = tasks.map(() => 0);
  const waves: PlannedTask[][] = [];
  for (const index of topologicalOrder(before) ?? []) {
    const task = tasks[index]!;
    for (const predecessor of before[index]!) {
      const { count, customRuns = 0 } = tasks[predecessor]!;
      depths[index] = Math.max(depths[index]!, depths[predecessor]! + (count + customRuns > 0 ? 1 : 0));
    }
    if (task.count > 0) (waves[depths[index]!] ??= []).push(task);
  }
  return waves;
}

/** All tasks with none before them, together. */
export const firstWave = (graph: TaskGraph): Resources =>
  sumOf((wavesOfTasks(graph)[0] ?? []).map(({ each, count }) => scaled(each, count)));

/** For people: names of tasks by the longest path from the start. */
export const waves = (graph: TaskGraph): string[][] =>
  wavesOfTasks(graph).map(wave => wave.map(({ name }) => name));
