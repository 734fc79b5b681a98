/** The same with 5,000 runs is measured by `npm run bench -- memory`, with their TaskRuns and pods. */
import { expect, test } from "@jest/globals";
import { startWithMany } from "./many-runs";
import { START_MILLISECONDS } from "./operated-cluster";

/** A watch is told of a release a moment after the controller is. */
const MOST_SECONDS_APART = 2;

// Memory is that of the packages as the image has them.
delete process.env.TESTBED_PACKAGES;

test(
  "a controller that starts among 200 runs, half of them held, serves all within its bounds, and its metrics tell what happened",
  async () => {
    const outcome = await startWithMany(100);
    console.info(JSON.stringify(outcome));
    expect(outcome.mostConnections).toBeGreaterThan(0);
    // The setting maxConnections, and the watches.
    expect(outcome.mostConnections).toBeLessThanOrEqual(40 + 16);
    expect(outcome.peakMebibytes).toBeLessThanOrEqual(300);
    // Counted from a watch of the test's own, and from the audit log.
    const { told, seen, meanTimeToPlace } = outcome.metrics;
    expect(told).toEqual(seen);
    expect(seen["runs that were placed"]).toBe(100);
    expect(Math.abs(meanTimeToPlace.told - meanTimeToPlace.seen)).toBeLessThan(MOST_SECONDS_APART);
  },
  START_MILLISECONDS,
);
