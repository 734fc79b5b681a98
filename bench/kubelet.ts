/**
 * How long it takes until pods of a run are bound, and run, on a real node: opted in with a reservation and without one,
 * beside not opted in, in turns; and how long a shrink takes until its room counts. Writes the table of
 * docs/benchmarks.md.
 *
 *   npm run bench -- kubelet [--rounds 10]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { hasEnded, type PipelineRun } from "../capabilities/tekton/objects";
import { after, chosen, cpu } from "../e2e/fit/fixture";
import { placeholderSizes, podTimes } from "../e2e/node/timeline";
import { OperatedCluster, optedIn, run, RUN_MILLISECONDS } from "../e2e/operated-cluster";
import { DOCS, updated } from "../scripts/tables";
import { ON_REAL_NODE, startRealNode } from "../testbed/real-node/node";
import { until } from "../testbed/until";
import { figuresTable, type SeenRun } from "./kubelet-figures";
import { numbers, runBenchmark } from "./options";

/** What the run has, by the name of its kind; a kind's namespace is that without spaces. */
const KINDS: Readonly<Record<string, object>> = {
  "not opted in": {},
  "no reservation": { labels: optedIn, ...chosen({ reservation: "none" }) },
  "peak reserved": { labels: optedIn, ...chosen({ reservation: "peak" }) },
};

const part = (share: number): string => `${Math.round(cpus().length * share * 1000)}m`;

/** Three waves, each smaller than the last, in shares of this machine's processors. */
const tasks = () => [
  cpu("large", part(0.6)),
  cpu("left", part(0.2), after("large")),
  cpu("right", part(0.2), after("large")),
  cpu("small", part(0.1), after("left", "right")),
];

async function runOnce(operated: OperatedCluster, kind: string, name: string): Promise<SeenRun> {
  const namespace = kind.replaceAll(" ", "-");
  const created = Date.now();
  const spec = { taskRunTemplate: { podTemplate: { ...ON_REAL_NODE } } };
  await operated.createRun(namespace, run(name, tasks(), { labels: {}, ...KINDS[kind] }, spec));
  const { history } = operated;
  const isOver = (one: PipelineRun): boolean => one.metadata!.name === name && hasEnded(one);
  const ended = await until(`${namespace}/${name} to end`, RUN_MILLISECONDS, async () =>
    history.first("run", namespace, isOver),
  );
  await operated.untilNoPlaceholder(namespace);
  if (ended.object.status?.conditions?.[0]?.status !== "True")
    throw new Error(`${namespace}/${name} did not succeed: ${JSON.stringify(ended.object.status)}`);
  const changes = history
    .all("pod", namespace)
    .filter(({ object }) => object.metadata?.labels?.["tekton.dev/pipelineRun"] === name);
  return { created, ended: ended.at, pods: podTimes(changes), sizes: placeholderSizes(changes) };
}

runBenchmark(async () => {
  const { rounds } = numbers({ rounds: 10 });
  const operated = await OperatedCluster.start("bench-kubelet", 0);
  try {
    await startRealNode(operated.cluster);
    const names = Object.keys(KINDS);
    for (const kind of names) await operated.createNamespace(kind.replaceAll(" ", "-"));
    // Code that runs for the first time is slow.
    for (const kind of names) await runOnce(operated, kind, "warm-up");
    const seen = new Map<string, SeenRun[]>(names.map(kind => [kind, []]));
    for (let round = 0; round < rounds; round++) {
      const inTurn = round % 2 === 0 ? names : [...names].reverse();
      for (const kind of inTurn) seen.get(kind)!.push(await runOnce(operated, kind, `round-${round}`));
    }
    const file = join(DOCS, "benchmarks.md");
    const table = {
      name: "a real node",
      file,
      command: "npm run bench -- kubelet",
      text: () => figuresTable(seen),
    };
    writeFileSync(file, updated(readFileSync(file, "utf8"), table));
    console.log(`${rounds} runs of each kind, one at a time, ${cpus().length} processors\n${table.text()}`);
  } finally {
    await operated.stop();
  }
});
