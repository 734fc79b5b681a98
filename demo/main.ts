/** `npm run demo`: the operator at work on a cluster of its own, and what is claimed of it, checked. */
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { svgOf } from "../pictures/svg";
import { History } from "../e2e/history";
import { ensureTool } from "../testbed/binaries";
import { startCluster, type Cluster } from "../testbed/cluster";
import { EVIDENCE_ROOT } from "../testbed/evidence";
import { verdicts, type Expected } from "./claims";
import type { Seen } from "./observation";
import { Observer } from "./observe";
import { parseOptions, USAGE, type DemoOptions } from "./options";
import { nodesByRun, timelineOf } from "./picture";
import { expectation, play } from "./scenario";
import { outputFormat, Screen } from "./screen";
import { summaryLines } from "./summary";
import { playWithout, WITHOUT } from "./without";

const MOST_MILLISECONDS = 180_000;
/** Where the picture is written. */
const PICTURE = join(EVIDENCE_ROOT, "demo.svg");
const NAMESPACE = "default";
const INTERRUPTED_EXIT_CODE = 130;

class Interrupted extends Error {}

async function main(): Promise<void> {
  const options = readOptions();
  if (options === undefined) return;
  const expected = await expectation();
  // What it may take to build it is none of the demo's time.
  if (options.autoscaler) await ensureTool("karpenter");
  console.log("Starting a Kubernetes cluster on this machine …");
  // Until the cluster is up, a signal ends this process at once, and the guard clears up after it.
  const cluster = await startCluster({ name: "demo" });
  const interrupted = interruption();
  try {
    process.exitCode = (await perform(cluster, expected, interrupted, options)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    process.exitCode = INTERRUPTED_EXIT_CODE;
  } finally {
    console.log("\nStopping the cluster …");
    await cluster.stop();
  }
}

/** Undefined when there is nothing to do: help was given, or the mistake was told. */
function readOptions(): DemoOptions | undefined {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options === undefined) console.log(USAGE);
    return options;
  } catch (error) {
    console.error(`${wordsOf(error)}\n\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

/**
 * @returns whether everything went well and every claim holds
 * @throws Interrupted, without evidence or summary
 */
async function perform(
  cluster: Cluster,
  expected: Expected,
  interrupted: AbortSignal,
  options: DemoOptions,
): Promise<boolean> {
  const start = Date.now();
  const seconds = (): number => (Date.now() - start) / 1000;
  const observer = new Observer();
  const history = new History();
  let headline = "";
  const screen = new Screen(() => ({
    ...{ headline, seconds: seconds() },
    ...{ nodes: observer.now("node"), pods: observer.now("pod"), runs: observer.now("run") },
  }));
  const signal = AbortSignal.any([interrupted, tooLong()]);
  let problem: unknown;
  try {
    await Promise.all([observer.start(cluster.kubeconfigFile), history.start(cluster.kubeconfigFile)]);
    await play({ cluster, observer, signal, say: text => (headline = text), ...options });
    headline = "All runs have ended.";
  } catch (error) {
    problem = error;
    headline = "The demo was ended early.";
  } finally {
    screen.stop();
    observer.stop();
    history.stop();
  }
  interrupted.throwIfAborted();
  const found = verdicts(observer.seen, expected, sharedNodes(history));
  console.log(["", ...summaryLines(found, seconds(), outputFormat())].join("\n"));
  if (problem === undefined && found.every(({ holds }) => holds)) {
    await draw(cluster, observer.seen, AbortSignal.any([interrupted, tooLong()]), options);
    return true;
  }
  if (problem !== undefined) console.error(`\nThe demo did not come to its end: ${wordsOf(problem)}`);
  await keepEvidence(cluster, observer);
  return false;
}

/** What was seen, and beside it the same runs without the operator. */
async function draw(
  cluster: Cluster,
  seen: readonly Seen[],
  signal: AbortSignal,
  { autoscaler }: DemoOptions,
): Promise<void> {
  console.log("\nThe same runs without the operator, for the picture: half a minute …");
  const without = await playWithout(cluster, signal, autoscaler);
  const timelines = [
    timelineOf(seen, "With the operator: each run on one node, and on its own", NAMESPACE),
    timelineOf(without, "The same runs without it: pods go where there is room", WITHOUT),
  ];
  await mkdir(EVIDENCE_ROOT, { recursive: true });
  await writeFile(PICTURE, svgOf(timelines));
  for (const [run, nodes] of nodesByRun(without, WITHOUT))
    console.log(`  ${run}: its pods were on ${nodes.join(", ")}`);
  console.log(`The picture of both is ${relative(process.cwd(), PICTURE)}`);
}

/** A history that is not whole speaks against the claim, too. */
function sharedNodes(history: History): string[] {
  try {
    return history.sharedNodes();
  } catch (error) {
    return [wordsOf(error)];
  }
}

async function keepEvidence(cluster: Cluster, observer: Observer): Promise<void> {
  const directory = await cluster.keepEvidence();
  await writeFile(join(directory, "seen.json"), JSON.stringify(observer.seen, undefined, 1));
  console.error(
    `\nObjects, logs and every change that was seen are in ${relative(process.cwd(), directory)}; ` +
      `begin with events.yaml and logs/controller.log.`,
  );
}

/** Aborted by the first Ctrl-C, SIGTERM or closed terminal. Further ones are ignored, as stopping has a bound. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => controller.abort(new Interrupted(`ended by ${signal}`)));
  }
  return controller.signal;
}

function tooLong(): AbortSignal {
  const controller = new AbortController();
  const error = new Error(`it took more than ${MOST_MILLISECONDS / 1000} s`);
  setTimeout(() => controller.abort(error), MOST_MILLISECONDS).unref();
  return controller.signal;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

main().catch((error: unknown) => {
  console.error(`The demo failed: ${wordsOf(error)}`);
  process.exitCode = 1;
});
