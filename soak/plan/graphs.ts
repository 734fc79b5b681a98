/** Generated pipelines: what tasks there are, how they depend on one another, and what they ask for. */
import type { Chance } from "../chance";

/** Shares of a node of 8 CPUs; four tasks at once are the widest, and have to fit on one. */
const CPUS = ["50m", "100m", "250m", "500m", "1", "1500m"];
const MEMORIES = ["16Mi", "64Mi", "256Mi", "1Gi"];
const MOST_TASKS = 4;

function taskSpec(chance: Chance): object {
  const annotations = {
    "testbed/run-seconds": (0.8 + chance.draw() * 2.7).toFixed(1),
    ...(chance.happens(0.07) && { "testbed/fail": "true" }),
  };
  const requests = { cpu: chance.one(CPUS), memory: chance.one(MEMORIES) };
  return {
    metadata: { annotations },
    steps: [
      {
        name: "nap",
        image: "busybox",
        command: ["sleep", "1"],
        ...(chance.happens(0.8) && { computeResources: { requests } }),
      },
    ],
  };
}

function matrixOf(chance: Chance): object {
  const value = Array.from({ length: chance.whole(2, 3) }, (_, index) => `v${index}`);
  return { matrix: { params: [{ name: "kind", value }] } };
}

function task(chance: Chance, name: string, earlier: readonly string[]): object {
  const runAfter = earlier.filter(() => chance.happens(0.5));
  const after = runAfter.length > 0 && { runAfter };
  if (chance.happens(0.08)) {
    const tasks = [0, 1].map(index => ({ name: `inner-${index}`, taskSpec: taskSpec(chance) }));
    return { name, ...after, pipelineSpec: { tasks } };
  }
  if (chance.happens(0.1)) {
    const spec = { params: [{ name: "kind" }], ...taskSpec(chance) };
    return { name, ...after, ...matrixOf(chance), taskSpec: spec };
  }
  return { name, ...after, ...(chance.happens(0.1) && { retries: 1 }), taskSpec: taskSpec(chance) };
}

/** @returns a PipelineRun's spec, with all of its pipeline in it */
export function generatedSpec(chance: Chance): object {
  const names = Array.from({ length: chance.whole(1, MOST_TASKS) }, (_, index) => `task-${index}`);
  const tasks = names.map((name, index) => task(chance, name, names.slice(0, index)));
  const last = chance.happens(0.15) && { finally: [{ name: "last", taskSpec: taskSpec(chance) }] };
  return { pipelineSpec: { tasks, ...last } };
}
