/** What happens in the demo, one step after the other. */
import { hasEnded, isPending } from "../capabilities/tekton/objects";
import type { Cluster } from "../testbed/cluster";
import { applyObjects } from "../testbed/manifests";
import { addNode } from "../testbed/nodes";
import { startKarpenter } from "../testbed/karpenter/start";
import { startOperator } from "../testbed/operator";
import { until } from "../testbed/until";
import type { Expected } from "./claims";
import { again, readExample } from "./examples";
import { isActive, isPlaceholder, placeholderOf, schedulerReason } from "./observation";
import type { Observer } from "./observe";

const FIRST_NODES = ["node-1", "node-2", "node-3"];
export const LATE = "one-too-many";
export const LATE_NODE = "node-4";

export const FILES = ["four-tasks.yaml", "long-running.yaml", "four-volumes.yaml"];
const STEP_MILLISECONDS = 60_000;
/** Runs may take longer than a step; the signal's bound on the whole demo comes first. */
const RUNS_MILLISECONDS = 180_000;
/** So that people can read why a run waits. */
const READING_MILLISECONDS = 4_000;

export interface Stage {
  cluster: Cluster;
  observer: Observer;
  /** Ends every wait, with its reason, when it is aborted. */
  signal: AbortSignal;
  /** Tells what is going on. */
  say: (headline: string) => void;
  /** Whether Karpenter makes the node for the last run, and nobody has to. */
  autoscaler: boolean;
}

/** The names of all runs that there will be. */
export async function expectation(): Promise<Expected> {
  const examples = await Promise.all(FILES.map(readExample));
  const late = { run: LATE, nodesBefore: FIRST_NODES };
  return { runs: [...examples.map(({ run }) => run), LATE], late };
}

/**
 * Resolves when every run has ended and every placeholder is gone.
 *
 * @throws Error when a step takes more than a minute, a watch breaks, or the reason of the signal
 */
export async function play(stage: Stage): Promise<void> {
  const { cluster, say, autoscaler } = stage;
  say(`Adding ${FIRST_NODES.length} nodes, and starting the operator${autoscaler ? " and Karpenter" : ""} …`);
  await Promise.all(FIRST_NODES.map(name => addNode(cluster.clients, { name })));
  await Promise.all([startOperator(cluster), ...(autoscaler ? [startKarpenter(cluster)] : [])]);
  await fillNodes(stage);
  await overfill(stage);
  say("Every run has a node. Waiting until all have ended …");
  await ended(stage);
}

/** As many runs as nodes. */
async function fillNodes({ cluster, say, ...stage }: Stage): Promise<void> {
  const examples = await Promise.all(FILES.map(readExample));
  say(`${examples.length} runs for ${FIRST_NODES.length} nodes`);
  for (const { objects } of examples) await applyObjects(cluster.kubeconfigFile, objects);
  for (const { run } of examples)
    await met(stage, `${run} to be on a node`, () => isPlaced(stage.observer, run));
}

/** One run more, and a node for it only once the scheduler has said that there is none. */
async function overfill(stage: Stage): Promise<void> {
  const { cluster, say, autoscaler, observer } = stage;
  const { objects } = again(await readExample(FILES[0]), LATE);
  say(`One run more than there are nodes: ${LATE}`);
  await applyObjects(cluster.kubeconfigFile, objects);
  await met(stage, `the scheduler to say why ${LATE} waits`, () => {
    const placeholder = placeholderOf(observer.now("pod"), LATE);
    return placeholder !== undefined && schedulerReason(placeholder) !== undefined;
  });
  if (autoscaler) say(`${LATE} waits, as no node is left: Karpenter makes one for its placeholder …`);
  else await addNodeByHand(stage);
  await met(stage, `${LATE} to be on a node`, () => isPlaced(observer, LATE));
}

async function addNodeByHand({ cluster, say, ...stage }: Stage): Promise<void> {
  say(`${LATE} waits, as no node is left`);
  const since = Date.now();
  // A run that ends would free its node, so the wait is over when the first task of any run is.
  await met(stage, "people to read why", () => {
    return Date.now() - since > READING_MILLISECONDS || stage.observer.now("pod").some(pod => !isActive(pod));
  });
  say(`Adding ${LATE_NODE} for it, as an autoscaler would …`);
  await addNode(cluster.clients, { name: LATE_NODE });
}

async function ended({ observer, ...stage }: Pick<Stage, "observer" | "signal">): Promise<void> {
  await met(
    { observer, ...stage },
    "all runs to end",
    () => observer.now("run").every(hasEnded),
    RUNS_MILLISECONDS,
  );
  await met({ observer, ...stage }, "all placeholders to be gone", () => {
    const objects = [...observer.now("pod"), ...observer.now("statefulSet")];
    return !objects.some(isPlaceholder);
  });
}

/** Whether a run was let go, and so was placed. */
function isPlaced(observer: Observer, name: string): boolean {
  const run = observer.now("run").find(({ metadata }) => metadata?.name === name);
  return run !== undefined && !isPending(run);
}

function met(
  { observer, signal }: Pick<Stage, "observer" | "signal">,
  what: string,
  condition: () => boolean,
  milliseconds = STEP_MILLISECONDS,
): Promise<true> {
  return until(what, milliseconds, async () => {
    signal.throwIfAborted();
    observer.check();
    return condition() || undefined;
  });
}
