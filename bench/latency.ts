/**
 * How much later a run's first pod is on a node because the run is opted in, and what that costs: one run at a time on
 * an idle cluster, the kinds side by side in alternating order.
 *
 *   npm run bench -- latency [--rounds 20] [--nodes 100]
 */
import { setTimeout as delay } from "node:timers/promises";
import { OperatedCluster } from "../e2e/operated-cluster";
import { tellEvidence } from "../testbed/evidence";
import { runBatch, type Batch } from "./batch";
import { Report } from "./budget";
import { Script } from "./by-script";
import { KINDS, OPTED_IN_KINDS, SCRIPTED_KINDS, type Kind } from "./kinds";
import { Meter } from "./meter";
import { numbers, runBenchmark } from "./options";
import { percentile } from "./statistics";
import { STAGES } from "./times";
import { ofKind, printRequests, reportUsage } from "./usage-figures";

const SETTLE_MILLISECONDS = 5_000;
const IDLE_MILLISECONDS = 30_000;

runBenchmark(async () => {
  const { rounds, nodes } = numbers({ rounds: 20, nodes: 100 });
  const operated = await OperatedCluster.start("bench-latency", nodes, { asShipped: true });
  try {
    for (const kind of KINDS) await operated.createNamespace(kind);
    const script = await Script.start(operated, SCRIPTED_KINDS);
    const meter = new Meter(operated.operator, operated.cluster, script);
    const round = async (name: string, kinds: readonly Kind[]): Promise<Batch[]> => {
      const batches: Batch[] = [];
      for (const kind of kinds)
        batches.push(await runBatch(operated, meter, { kind, name, runs: 1 }, script));
      return batches;
    };
    // Code that runs for the first time is slow.
    await round("warm-up", KINDS);
    await delay(SETTLE_MILLISECONDS);
    const idle = await meter.during(() => delay(IDLE_MILLISECONDS));
    const batches: Batch[] = [];
    for (let index = 0; index < rounds; index++)
      batches.push(...(await round(`round-${index}`, index % 2 === 0 ? KINDS : [...KINDS].reverse())));

    const waits = (kind: Kind, share: number): number =>
      percentile(
        ofKind(batches, kind).flatMap(batch => batch.waits),
        share,
      );
    printRequests(batches, idle);
    console.log(`${rounds} runs of each kind, one at a time, on ${nodes} nodes`);
    const report = new Report();
    for (const kind of KINDS) {
      report.noted(`first pod bound: p50, ${kind}`, waits(kind, 0.5), "ms");
      report.noted(`first pod bound: p90, ${kind}`, waits(kind, 0.9), "ms");
    }
    script.stop();
    const later = (kind: Kind): number => waits(kind, 0.5) - waits("not-opted-in", 0.5);
    for (const kind of SCRIPTED_KINDS) report.noted(`first pod bound later: p50, ${kind}`, later(kind), "ms");
    for (const kind of OPTED_IN_KINDS) {
      for (const stage of STAGES) {
        const since = ofKind(batches, kind).flatMap(({ stages }) => stages.map(one => one.get(stage) ?? NaN));
        report.noted(`${stage}: p50, ${kind}`, percentile(since, 0.5), "ms");
      }
      report.limited(`first pod bound later: p50, ${kind}`, later(kind));
    }
    reportUsage(report, batches, idle, operated.operator);
    report.conclude();
  } catch (error) {
    await tellEvidence(operated.cluster);
    throw error;
  } finally {
    await operated.stop();
  }
});
