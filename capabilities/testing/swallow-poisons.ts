/** Reckons every poison, one after another, and writes what came of each. To be run with a small heap. */
import { peakDemand, firstWave } from "../demand/peak";
import { missingDefinitions } from "../demand/task-graph";
import { completed } from "../kube/definitions";
import { namedBy, planOf } from "../placement/plan";
import { NO_BOUNDS } from "../room/namespace-bounds";
import { SETTINGS } from "./builders";
import { runOf } from "./definitions";
import { largeTask, POISONS, type Poison } from "./poisons";
import { TEMPLATE_POISONS } from "./template-poisons";

export interface Swallowed {
  name: string;
  /** Of the processor's time: others may be busy too. */
  milliseconds: number;
  tasks: number;
  notes: string[];
}

const NO_STORAGE = { claims: new Map(), volumes: new Map(), classes: undefined };

function swallowed(name: string, { run: sent, definitions }: Poison): Swallowed {
  const run = { ...sent, metadata: { ...sent.metadata, name: "run", namespace: "ci", uid: "u" } };
  const sources = {
    definitions,
    bounds: { ...NO_BOUNDS, limitRanges: definitions.limitRanges },
    runtimeClasses: new Map(),
    priorities: new Map(),
    storage: NO_STORAGE,
  };
  const start = process.cpuUsage();
  missingDefinitions(run, definitions);
  const { graph, notes, contradictions } = planOf(run, namedBy(run, definitions), sources, SETTINGS);
  peakDemand(graph);
  firstWave(graph);
  const { user, system } = process.cpuUsage(start);
  return {
    name,
    milliseconds: (user + system) / 1000,
    tasks: graph.tasks.length,
    notes: [...notes, ...contradictions],
  };
}

/** 500 definitions of a MiB each. */
async function largeDefinitions(): Promise<Swallowed & { read: number }> {
  const tasks = Array.from({ length: 500 }, (_, at) => ({ name: `t${at}`, taskRef: { name: `task-${at}` } }));
  const run = runOf({ tasks });
  let read = 0;
  const definitions = await completed(run, { limitRanges: [] }, () => {
    read++;
    return Promise.resolve(largeTask());
  });
  return { ...swallowed("500 definitions of a MiB", { run, definitions }), read };
}

async function main(): Promise<void> {
  for (const [name, make] of Object.entries({ ...POISONS, ...TEMPLATE_POISONS }))
    console.log(JSON.stringify(swallowed(name, make())));
  console.log(JSON.stringify(await largeDefinitions()));
}

if (require.main === module) void main();
