/**
 * How long the peak of a run takes to find, by the number of its tasks and the shape of their graph, beside the
 * textbook's way: first the transitive closure, then a flow over it. Both in one process, in turns, on the same graphs.
 *
 *   npm run bench
 */
import { FlowNetwork } from "../capabilities/demand/max-flow";
import { indexed } from "../capabilities/demand/order";
import { peakDemand } from "../capabilities/demand/peak";
import { taskGraph, type Definitions, type TaskGraph } from "../capabilities/demand/task-graph";
import type { PipelineRun } from "../capabilities/tekton/objects";

const NOTHING_ELSE: Definitions = {
  pipelines: new Map(),
  tasks: new Map(),
  limitRanges: [],
};
const SIZES = [10, 100, 1000];
const ROUNDS = 5;
/** Milliseconds that a run of 1,000 tasks may take. */
const ALLOWED = 100;

/** Numbers from 0 up to 1, the same ones every time (mulberry32). */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const upTo = (next: () => number, limit: number): number => Math.floor(next() * limit);

/** For each shape, the tasks that come directly before the one at an index. */
const SHAPES: Record<string, (index: number, size: number, next: () => number) => number[]> = {
  "one after another": index => (index === 0 ? [] : [index - 1]),
  "side by side": () => [],
  "three before each": (index, _, next) => (index === 0 ? [] : [1, 2, 3].map(() => upTo(next, index))),
  "three near ones": (index, _, next) =>
    index === 0 ? [] : [1, 2, 3].map(() => Math.max(0, index - 1 - upTo(next, 20))),
  "ten full layers": (index, size) => {
    const width = size / 10;
    const start = (Math.floor(index / width) - 1) * width;
    return start < 0 ? [] : Array.from({ length: width }, (_, offset) => start + offset);
  },
  "ladders of two": index => (index < 2 ? [] : [index - 2, index % 2 === 0 ? index - 1 : index - 2]),
  // About as many edges as the 1.5 MB hold that an object may have.
  "the 200 before": index => Array.from({ length: Math.min(index, 200) }, (_, back) => index - 1 - back),
  "200 of any before": (index, _, next) =>
    index === 0 ? [] : Array.from({ length: Math.min(index, 200) }, () => upTo(next, index)),
};

const taskName = (index: number): string => `t${index}`;

function runOf(shape: string, size: number): PipelineRun {
  const next = random(size);
  const requests = (): Record<string, string> => ({
    cpu: `${100 * upTo(next, 80)}m`,
    memory: `${upTo(next, 8192)}Mi`,
    "ephemeral-storage": String(upTo(next, 2 ** 35)),
    ...(next() < 0.1 && { "nvidia.com/gpu": String(1 + upTo(next, 2)) }),
  });
  const tasks = Array.from({ length: size }, (_, index) => ({
    name: taskName(index),
    runAfter: SHAPES[shape]!(index, size, next).map(taskName),
    matrix: { params: [{ name: "p", value: ["a", "b", "c"].slice(upTo(next, 3)) }] },
    taskSpec: { steps: [{ name: "s", computeResources: { requests: requests() } }] },
  }));
  return { spec: { pipelineSpec: { tasks } } } as PipelineRun;
}

/** Every task before each, directly or not. The tasks are in order. */
function closure(before: number[][]): Set<number>[] {
  const all: Set<number>[] = [];
  for (const predecessors of before) {
    const above = new Set(predecessors);
    for (const one of predecessors) for (const further of all[one]!) above.add(further);
    all.push(above);
  }
  return all;
}

function peakByClosure({ tasks }: TaskGraph): Record<string, number> {
  const above = closure(indexed(tasks));
  const peak: Record<string, number> = {};
  for (const resource of new Set(tasks.flatMap(({ each }) => Object.keys(each)))) {
    const size = tasks.length;
    const arcs = above.reduce((total, others) => total + others.size + 2, 0);
    const network = new FlowNetwork(2 * size + 2, arcs, 2 * size, 2 * size + 1);
    const weights = tasks.map(({ each, count }) => (each[resource] ?? 0) * count);
    above.forEach((others, index) => {
      network.addArc(2 * size, index, weights[index]!);
      network.addArc(size + index, 2 * size + 1, weights[index]!);
      for (const other of others) network.addArc(other, size + index, Infinity);
    });
    peak[resource] = weights.reduce((total, weight) => total + weight, 0) - network.maximumFlow();
  }
  return peak;
}

function timed<T>(action: () => T): [T, number] {
  const start = performance.now();
  const result = action();
  return [result, performance.now() - start];
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

interface Row {
  shape: string;
  size: number;
  /** Milliseconds: to read the run into a graph, to find its peak, and to find it by the closure. */
  read: number;
  peak: number;
  closure: number;
}

function compare(shape: string, size: number): Row {
  const run = runOf(shape, size);
  const times = { read: [] as number[], peak: [] as number[], closure: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    const [graph, read] = timed(() => taskGraph(run, NOTHING_ELSE, {}));
    const [{ peak }, found] = timed(() => peakDemand(graph));
    const [expected, closure] = timed(() => peakByClosure(graph));
    for (const [resource, amount] of Object.entries(expected)) {
      if (peak[resource] !== amount) throw new Error(`${shape}, ${size} tasks: ${resource} differs`);
    }
    times.read.push(read);
    times.peak.push(found);
    times.closure.push(closure);
  }
  return { shape, size, read: median(times.read), peak: median(times.peak), closure: median(times.closure) };
}

const line = (cells: string[]): string =>
  cells.map((cell, index) => (index === 1 ? cell.padEnd(20) : cell.padStart(8))).join(" ");

const rows = SIZES.flatMap(size => Object.keys(SHAPES).map(shape => compare(shape, size)));
console.log(`Peak of a run for four resources: milliseconds, median of ${ROUNDS}`);
console.log(line(["tasks", "shape", "read", "peak", "closure", "ratio"]));
for (const { shape, size, read, peak, closure } of rows) {
  const times = [read, peak, closure].map(time => time.toFixed(2));
  console.log(line([String(size), shape, ...times, (closure / peak).toFixed(1)]));
}
const slowest = Math.max(...rows.filter(({ size }) => size === 1000).map(({ read, peak }) => read + peak));
console.log(`1,000 tasks, slowest shape, read and peak: ${slowest.toFixed(0)} ms (allowed: ${ALLOWED} ms)`);
process.exitCode = slowest < ALLOWED ? 0 : 1;
