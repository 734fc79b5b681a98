/**
 * How much later runs that are created at once start and end because they are opted in, and what that costs.
 *
 *   npm run bench -- burst [--runs 50] [--rounds 2] [--nodes 100]
 */
import { setTimeout as delay } from "node:timers/promises";
import { PIPELINE_RUN_V1 } from "../capabilities/tekton/objects";
import { OperatedCluster } from "../e2e/operated-cluster";
import { until } from "../testbed/until";
import { tellEvidence } from "../testbed/evidence";
import { runBatch, type Batch } from "./batch";
import { Report } from "./budget";
import { Script } from "./by-script";
import { isScripted, type Kind } from "./kinds";
import { Meter } from "./meter";
import { numbers, runBenchmark } from "./options";
import { percentile, sum } from "./statistics";
import { ofKind, printRequests, reportUsage } from "./usage-figures";

const COMPARED = ["not-opted-in", "with-requests", "script-with-requests"] as const satisfies readonly Kind[];
const WARM_UP_RUNS = 50;
const SETTLE_MILLISECONDS = 5_000;
const IDLE_MILLISECONDS = 30_000;
const GONE_MILLISECONDS = 5 * 60_000;

/** So that the next ones find the cluster as these found it. */
async function removeRuns({ cluster, history }: OperatedCluster, namespace: string): Promise<void> {
  await cluster.clients.custom.deleteCollectionNamespacedCustomObject({ ...PIPELINE_RUN_V1, namespace });
  await until(`the runs of ${namespace} to go`, GONE_MILLISECONDS, async () =>
    (["run", "pod"] as const).every(kind => history.now(kind, namespace).length === 0),
  );
}

runBenchmark(async () => {
  const { runs, rounds, nodes } = numbers({ runs: 50, rounds: 2, nodes: 100 });
  const operated = await OperatedCluster.start("bench-burst", nodes, { asShipped: true });
  try {
    for (const kind of COMPARED) await operated.createNamespace(kind);
    const script = await Script.start(operated, COMPARED.filter(isScripted));
    const meter = new Meter(operated.operator, operated.cluster, script);
    const burst = async (kind: Kind, name: string, count: number): Promise<Batch> => {
      const batch = await runBatch(operated, meter, { kind, name, runs: count }, script);
      await removeRuns(operated, kind);
      await delay(SETTLE_MILLISECONDS);
      return batch;
    };
    for (const kind of COMPARED) await burst(kind, "warm-up", WARM_UP_RUNS);
    const idle = await meter.during(() => delay(IDLE_MILLISECONDS));
    const batches: Batch[] = [];
    for (let round = 0; round < rounds; round++) {
      const order = round % 2 === 0 ? COMPARED : [...COMPARED].reverse();
      for (const kind of order) batches.push(await burst(kind, `round-${round}`, runs));
    }

    script.stop();
    printRequests(batches, idle);
    console.log(`${runs} runs at once on ${nodes} nodes, ${rounds} times of each kind`);
    const report = new Report();
    const [others, placed, scripted] = COMPARED.map(kind => {
      const some = ofKind(batches, kind);
      const waits = some.flatMap(batch => batch.waits);
      const figures = {
        p50: percentile(waits, 0.5) / 1000,
        p90: percentile(waits, 0.9) / 1000,
        done: sum(some.map(({ allDone }) => allDone)) / some.length / 1000,
      };
      report.noted(`first pod bound: p50, ${kind}`, figures.p50, "s");
      report.noted(`first pod bound: p90, ${kind}`, figures.p90, "s");
      report.noted(`all done, ${kind}`, figures.done, "s");
      return figures;
    });
    report.limited("burst: first pod bound, p50, of that when not opted in", placed!.p50 / others!.p50);
    report.noted(
      "burst: first pod bound, p90, of that when not opted in",
      placed!.p90 / others!.p90,
      "times",
    );
    report.limited("burst: all done, of that when not opted in", placed!.done / others!.done);
    report.noted(
      "burst: first pod bound, p50, of those that a script places",
      scripted!.p50 / others!.p50,
      "times",
    );
    report.noted("burst: all done, of those that a script places", scripted!.done / others!.done, "times");
    reportUsage(report, batches, idle, operated.operator);
    report.conclude();
  } catch (error) {
    await tellEvidence(operated.cluster);
    throw error;
  } finally {
    await operated.stop();
  }
});
