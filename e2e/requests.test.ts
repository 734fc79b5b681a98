/**
 * How many requests a run costs the controller, beside the budget: counts are not noisy, so they can be checked at
 * every change. Times, CPU and memory are measured by `npm run bench`.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { runBatch, type Batch } from "../bench/batch";
import { Report } from "../bench/budget";
import { OPTED_IN_KINDS } from "../bench/kinds";
import { Meter } from "../bench/meter";
import { requestLines } from "../bench/per-run";
import { reportEvents, reportRequests } from "../bench/usage-figures";
import { OperatedCluster, RUN_MILLISECONDS, START_MILLISECONDS } from "./operated-cluster";

const RUNS = 3;

let operated: OperatedCluster;
let meter: Meter;
beforeAll(async () => {
  operated = await OperatedCluster.start("requests", 2);
  meter = new Meter(operated.operator, operated.cluster);
}, START_MILLISECONDS);
afterAll(() => operated?.stop(), RUN_MILLISECONDS);

test.each(OPTED_IN_KINDS)(
  "reads, writes and Events of one run are within the budget: %s",
  async kind => {
    await operated.createNamespace(kind);
    const batches: Batch[] = [];
    for (let index = 0; index < RUNS; index++)
      batches.push(await runBatch(operated, meter, { kind, name: `round-${index}`, runs: 1 }));
    const report = new Report();
    reportRequests(report, batches);
    reportEvents(report, batches, true);
    const which = [...report.beyond(), report.table(), ...requestLines(batches)].join("\n");
    expect(report.beyond().length === 0 ? "" : which).toBe("");
  },
  RUNS * RUN_MILLISECONDS,
);
