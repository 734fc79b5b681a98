/**
 * How many requests a run costs the controller, beside the budget: counts are not noisy, so they can be checked at
 * every change. Times, CPU and memory are measured by `npm run bench`.
 */
import { beforeAll, expect, test } from "@jest/globals";
import { runBatch, type Batch } from "../../bench/batch";
import { Report } from "../../bench/budget";
import { OPTED_IN_KINDS } from "../../bench/kinds";
import { Meter } from "../../bench/meter";
import { requestLines } from "../../bench/per-run";
import { reportEvents, reportRequests } from "../../bench/usage-figures";
import { RUN_MILLISECONDS, type OperatedCluster } from "../operated-cluster";

const RUNS = 3;

export function requestTests(started: () => OperatedCluster): void {
  let meter: Meter;
  beforeAll(() => {
    meter = new Meter(started().operator, started().cluster);
  });

  test.each(OPTED_IN_KINDS)(
    "reads, writes and Events of one run are within the budget: %s",
    async kind => {
      const operated = started();
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
}
