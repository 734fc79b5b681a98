import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { heaviestByBruteForce } from "../testing/antichains";
import { aTask, known, runOf } from "../testing/definitions";
import { indexed } from "./order";
import { firstWave, peakDemand, waves } from "./peak";
import type { PipelineSpec, PipelineTask } from "./pipeline-spec";
import { amountOf, toQuantities, type Resources } from "./resources";
import { taskGraph, type PlannedTask, type TaskGraph } from "./task-graph";

const RESOURCES = ["cpu", "memory", "nvidia.com/gpu"];
const amounts: fc.Arbitrary<Resources> = fc.record(
  { cpu: fc.nat({ max: 8000 }), memory: fc.nat({ max: 2 ** 30 }), "nvidia.com/gpu": fc.nat({ max: 2 }) },
  { requiredKeys: [] },
);
const name = (index: number): string => `t${index}`;

/** Up to 12 tasks, each after some of those before it; some with a matrix, some without pods. */
const graphs: fc.Arbitrary<TaskGraph> = fc
  .array(fc.tuple(amounts, fc.nat({ max: 3 }), fc.array(fc.nat({ max: 11 }), { maxLength: 3 })), {
    maxLength: 12,
  })
  .map(tasks => ({
    tasks: tasks.map(([each, count, before], index): PlannedTask => {
      const after = before.filter(one => one < index).map(name);
      return { name: name(index), count, each, after };
    }),
    notes: [],
  }));
const endedCounts = fc.array(fc.nat({ max: 4 }), { minLength: 12, maxLength: 12 });
const asEnded = (counts: number[]) => new Map(counts.map((count, index) => [name(index), count]));

const isAtMost = (small: Resources, large: Resources): boolean =>
  Object.entries(small).every(([resource, amount]) => amount <= amountOf(large, resource));

describe("the peak", () => {
  it("is for each resource what the best of all antichains asks for", () => {
    fc.assert(
      fc.property(graphs, endedCounts, (graph, counts) => {
        const { peak, tasks } = peakDemand(graph, asEnded(counts));
        const before = indexed(graph.tasks);
        for (const resource of RESOURCES) {
          const weights = graph.tasks.map(
            ({ each, count }, index) => amountOf(each, resource) * Math.max(0, count - counts[index]!),
          );
          expect(amountOf(peak, resource)).toBe(heaviestByBruteForce(before, weights));
          const named = (tasks[resource] ?? []).map(task => weights[Number(task.slice(1))]!);
          expect(named.reduce((total, weight) => total + weight, 0)).toBe(amountOf(peak, resource));
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("is never less than the first wave, and never grows when pods end", () => {
    fc.assert(
      fc.property(graphs, endedCounts, endedCounts, (graph, counts, more) => {
        expect(isAtMost(firstWave(graph), peakDemand(graph).peak)).toBe(true);
        const earlier = peakDemand(graph, asEnded(counts)).peak;
        const later = peakDemand(graph, asEnded(counts.map((count, index) => count + more[index]!))).peak;
        expect(isAtMost(later, earlier)).toBe(true);
        expect(isAtMost(earlier, peakDemand(graph).peak)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("is nothing when every pod has ended", () => {
    const graph: TaskGraph = { tasks: [{ name: "a", count: 2, each: { cpu: 5 }, after: [] }], notes: [] };
    expect(peakDemand(graph, new Map([["a", 2]]))).toEqual({ peak: { cpu: 0 }, tasks: { cpu: [] } });
  });
});

describe("waves", () => {
  it("hold every task that has pods once, and each task after those before it", () => {
    fc.assert(
      fc.property(graphs, graph => {
        const found = waves(graph);
        const withPods = graph.tasks.filter(({ count }) => count > 0).map(task => task.name);
        expect(found.flat().sort()).toEqual(withPods.sort());
        const waveOf = new Map(found.flatMap((wave, index) => wave.map(task => [task, index])));
        for (const task of graph.tasks) {
          for (const before of task.after) {
            if (!waveOf.has(task.name) || !waveOf.has(before)) continue;
            expect(waveOf.get(before)!).toBeLessThan(waveOf.get(task.name)!);
          }
        }
      }),
    );
  });
});

/** A task with pods, or a pipeline in the pipeline. */
type Node = { cpu: number } | Tree;
/** A pipeline: its tasks, each after some of those before it, and its finally tasks. */
interface Tree {
  tasks: { node: Node; after: number[] }[];
  final: Node[];
}
const isTree = (node: Node): node is Tree => "tasks" in node;

const leaf = fc.record({ cpu: fc.nat({ max: 9 }) });
const treeOf = (node: fc.Arbitrary<Node>, most: number): fc.Arbitrary<Tree> =>
  fc.record({
    tasks: fc.array(fc.record({ node, after: fc.array(fc.nat({ max: 3 }), { maxLength: 2 }) }), {
      maxLength: most,
    }),
    final: fc.array(node, { maxLength: 2 }),
  });
const trees = treeOf(fc.oneof(leaf, treeOf(fc.oneof(leaf, treeOf(leaf, 2)), 2)), 4);

function specOf({ tasks, final }: Tree): PipelineSpec {
  const task = (node: Node, own: string, after: string[]): PipelineTask =>
    isTree(node)
      ? { name: own, pipelineSpec: specOf(node), runAfter: after }
      : { name: own, taskSpec: aTask(toQuantities({ cpu: node.cpu })), runAfter: after };
  return {
    tasks: tasks.map(({ node, after }, index) =>
      task(node, name(index), after.filter(one => one < index).map(name)),
    ),
    finally: final.map((node, index) => ({ ...task(node, `f${index}`, []), runAfter: undefined })),
  };
}

/**
 * The most that may run at once, from what pipelines mean and without a graph: for every set of a pipeline's tasks none
 * of which waits for another, the most of each of them; or the most of all finally tasks.
 */
function mostAtOnce(node: Node): number {
  if (!isTree(node)) return node.cpu;
  const before = node.tasks.map(({ after }, index) => after.filter(one => one < index));
  const tasks = heaviestByBruteForce(
    before,
    node.tasks.map(task => mostAtOnce(task.node)),
  );
  const final = node.final.reduce((total, one) => total + mostAtOnce(one), 0);
  return Math.max(tasks, final);
}

describe("finally tasks and pipelines in pipelines", () => {
  it("have the peak that their meaning gives", () => {
    fc.assert(
      fc.property(trees, tree => {
        const graph = taskGraph(runOf(specOf(tree)), known(), {});
        expect(graph.notes).toEqual([]);
        expect(amountOf(peakDemand(graph).peak, "cpu")).toBe(mostAtOnce(tree));
      }),
      { numRuns: 3000 },
    );
  });
});
