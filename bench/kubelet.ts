/**
 * How long it takes until pods of a run are bound, and run, on a real node: opted in with a reservation and without one,
 * beside not opted in, in turns; and how long a shrink takes until its room counts. Writes the table and the timeline of
 * docs/benchmarks.md.
 *
 *   npm run bench -- kubelet [--rounds 10]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { hasEnded, type PipelineRun } from "../capabilities/tekton/objects";
import { chosen } from "../e2e/fit/fixture";
import { placeholderSizes, podTimes, told } from "../e2e/node/timeline";
import { waves } from "../e2e/node/waves";
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

async function runOnce(operated: OperatedCluster, kind: string, name: string): Promise<SeenRun> {
  const namespace = kind.replaceAll(" ", "-");
  const created = Date.now();
  const spec = { taskRunTemplate: { podTemplate: { ...ON_REAL_NODE } } };
  await operated.createRun(namespace, run(name, waves(), { labels: {}, ...KINDS[kind] }, spec));
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
  return {
    ...{ created, ended: ended.at, pods: podTimes(changes), sizes: placeholderSizes(changes) },
    timeline: told(changes),
  };
}

runBenchmark(async () => {
  const { rounds } = numbers({ rounds: 10 });
  const operated = await OperatedCluster.start("bench-kubelet", 0, { asShipped: true });
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
    const command = "npm run bench -- kubelet";
    const table = { name: "a real node", file, command, text: () => figuresTable(seen) };
    const { timeline } = seen.get("peak reserved")!.at(-1)!;
    const last = { name: "a hand-over", file, command, text: () => `\`\`\`text\n${timeline}\n\`\`\`` };
    const page = updated(readFileSync(file, "utf8"), table);
    writeFileSync(file, updated(page, last));
    console.log(`${rounds} runs of each kind, one at a time, ${cpus().length} processors\n${table.text()}`);
  } finally {
    await operated.stop();
  }
});
