/** Reckons every poison, one after another, and writes what came of each. To be run with a small heap. */
import { peakDemand, firstWave } from "../demand/peak";
import { missingDefinitions, taskGraph } from "../demand/task-graph";
import { completed } from "../kube/definitions";
import { runOf } from "./definitions";
import { largeTask, POISONS, type Poison } from "./poisons";

export interface Swallowed {
  name: string;
  /** Of the processor's time: others may be busy too. */
  milliseconds: number;
  tasks: number;
  notes: string[];
}

function swallowed(name: string, { run, definitions }: Poison): Swallowed {
  const start = process.cpuUsage();
  missingDefinitions(run, definitions);
  const graph = taskGraph(run, definitions, { cpu: 100 });
  peakDemand(graph);
  firstWave(graph);
  const { user, system } = process.cpuUsage(start);
  return { name, milliseconds: (user + system) / 1000, tasks: graph.tasks.length, notes: graph.notes };
}

/** 500 definitions of a MiB each. */
async function largeDefinitions(): Promise<Swallowed & { read: number }> {
  const tasks = Array.from({ length: 500 }, (_, at) => ({ name: `t${at}`, taskRef: { name: `task-${at}` } }));
  const run = runOf({ tasks });
  let read = 0;
  const definitions = await completed(run, { limitRanges: [], runtimeOverhead: {} }, () => {
    read++;
    return Promise.resolve(largeTask());
  });
  return { ...swallowed("500 definitions of a MiB", { run, definitions }), read };
}

async function main(): Promise<void> {
  for (const [name, make] of Object.entries(POISONS)) console.log(JSON.stringify(swallowed(name, make())));
  console.log(JSON.stringify(await largeDefinitions()));
}

if (require.main === module) void main();
