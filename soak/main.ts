/** `npm run soak`: the operator among faults, and what it promises, checked. */
import { randomInt } from "node:crypto";
import { rmSync } from "node:fs";
import { buildBroken } from "./bugs";
import { haveAllEnded, nodeReportLines } from "./nodes/report";
import { soakNodes } from "./nodes/soak";
import { parseOptions, USAGE, type SoakOptions } from "./options";
import { hasPassed, reportLines } from "./report";
import { soak } from "./soak";

const MOST_NEW_SEED = 1_000_000;

/** Undefined when there is nothing to do: help was given, or the mistake was told. */
function readOptions(): SoakOptions | undefined {
  try {
    const options = parseOptions(process.argv.slice(2), randomInt(MOST_NEW_SEED));
    if (options === undefined) console.log(USAGE);
    return options;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

async function played(
  options: SoakOptions,
  say: (line: string) => void,
  chart: string | undefined,
): Promise<{ lines: string[]; isGood: boolean }> {
  if (options.nodes) {
    const findings = await soakNodes(options, say, chart);
    return { lines: nodeReportLines(findings), isGood: haveAllEnded(findings) };
  }
  const findings = await soak(options, say, chart);
  return { lines: reportLines(findings), isGood: hasPassed(findings) };
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options === undefined) return;
  const { bug } = options;
  if (bug !== undefined) console.log(`Building the operator with a bug: ${bug.what} …`);
  const broken = bug === undefined ? undefined : buildBroken(bug);
  try {
    const start = Date.now();
    const say = (line: string) =>
      console.log(`${String(Math.round((Date.now() - start) / 1000)).padStart(5)} s ${line}`);
    const { lines, isGood } = await played(options, say, broken?.chart);
    console.log(lines.join("\n"));
    process.exitCode = isGood ? 0 : 1;
  } finally {
    if (broken !== undefined) rmSync(broken.copy, { recursive: true, force: true });
  }
}

main().then(
  // Timers of actors that had not come to their turn would keep the process.
  () => process.exit(),
  (error: unknown) => {
    console.error(
      `The soak failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    process.exit(1);
  },
);
