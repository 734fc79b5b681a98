/**
 * Starts the controller among 5,000 opted-in runs, half of them held, on the embedded cluster, and prints how long it
 * takes until all are let go, the most memory of its process, and the most connections, and so requests in flight.
 */
import { startWithMany } from "../e2e/many-runs";

const RUNS = Number(process.argv[2] ?? 5000);
const MOST_MEBIBYTES = 300;
const MOST_IN_FLIGHT = 50;

async function main(): Promise<void> {
  if (!(Number.isInteger(RUNS) && RUNS >= 2))
    throw new Error("usage: many-runs [NUMBER OF RUNS, at least 2]");
  const { held, servedMilliseconds, peakMebibytes, mostConnections } = await startWithMany(
    Math.floor(RUNS / 2),
  );
  const seconds = servedMilliseconds / 1000;
  console.log(`${2 * held} runs, ${held} of them held, when the controller starts`);
  console.log(`all let go after         ${seconds.toFixed(1)} s (${(held / seconds).toFixed(0)} a second)`);
  console.log(`peak memory (RSS)        ${peakMebibytes.toFixed(0)} MiB (allowed: ${MOST_MEBIBYTES})`);
  console.log(`most requests in flight  ${mostConnections} (allowed: ${MOST_IN_FLIGHT})`);
  process.exitCode = peakMebibytes <= MOST_MEBIBYTES && mostConnections <= MOST_IN_FLIGHT ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
