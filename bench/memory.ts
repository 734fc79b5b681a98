/**
 * The memory of two controllers that start in a cluster which keeps its history: ended runs with their TaskRuns and
 * pods, beside runs that live, half of them placed and half of them held. Nothing plays Tekton.
 *
 *   npm run bench -- memory [--ended 5000] [--live 500] [--tasks 5] [--script-bytes 1500] [--rest 60] [--churn 0]
 *
 * `--rest`: seconds after which the memory is looked at again; `--churn`: so many runs then come and go.
 */
import { setTimeout as delay } from "node:timers/promises";
import { HELD, HELD_LABEL, NODE_ANNOTATION, PLACEHOLDER_LABEL } from "../capabilities/keys";
import { PIPELINE_RUN_V1, type PipelineRun } from "../capabilities/tekton/objects";
import { tellEvidence } from "../testbed/evidence";
import { startCluster, type Cluster } from "../testbed/cluster";
import { inTurns } from "../testbed/in-turns";
import { createNamespace } from "../testbed/namespaces";
import { addNode } from "../testbed/nodes";
import { setCoschedule, startOperator, type Operator } from "../testbed/operator";
import { RELEASE } from "../testbed/operator-names";
import { until } from "../testbed/until";
import { Report } from "./budget";
import { churn } from "./crowd/churn";
import { memoryOfControllers, type Controllers } from "./crowd/controllers";
import { Filler, type Sizes } from "./crowd/fill";
import type { Named } from "./crowd/objects";
import { numbers, runBenchmark } from "./options";
import { percentile } from "./statistics";

const NAMESPACE = "many";
/** Where the pods of ended runs were: a node without a kubelet, so that nobody plays with them. */
const PAST_NODE = "past";
const PLACEHOLDERS_PER_NODE = 100;
const RUNS_AT_ONCE = 8;
const RELEASED_MILLISECONDS = 20 * 60_000;
const SAMPLES = 30;
/** Of some fifty thousand objects, more than once. */
const API_SERVER_MEMORY = "10GiB";

const options = numbers({ ended: 5000, live: 500, tasks: 5, "script-bytes": 1500, rest: 60, churn: 0 });
const shape = { tasks: options.tasks, scriptBytes: options["script-bytes"] };
const report = new Report();

const begun = performance.now();
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(0)} s`;
/** Minutes pass before there are figures. */
const progress = (what: string): void => console.error(`${seconds(begun).padStart(6)}  ${what}`);

async function listRuns({ clients: { custom } }: Cluster, selector: object): Promise<PipelineRun[]> {
  const where = { ...PIPELINE_RUN_V1, namespace: NAMESPACE };
  const { items } = (await custom.listNamespacedCustomObject({ ...where, ...selector })) as {
    items: PipelineRun[];
  };
  return items;
}

async function untilNoneIsHeld(cluster: Cluster): Promise<void> {
  const labelSelector = `${HELD_LABEL}=${HELD},!${PLACEHOLDER_LABEL}`;
  await until("all runs to be released", RELEASED_MILLISECONDS, async () => {
    return (await listRuns(cluster, { labelSelector, limit: 1 })).length === 0;
  });
}

/** Runs are made as they would be found; admission would not let them pass so. */
async function startWithoutAdmission(cluster: Cluster): Promise<Operator> {
  for (const name of ["tekton-pipelines", NAMESPACE]) await createNamespace(cluster.clients, name);
  await setCoschedule(cluster, "disabled");
  const nodes = Math.ceil(options.live / PLACEHOLDERS_PER_NODE) + 1;
  const names = Array.from({ length: nodes }, (_, index) => `node-${index + 1}`);
  await Promise.all(
    names.map(name => addNode(cluster.clients, { name, cpu: "64", memory: "256Gi", pods: 500 })),
  );
  const past = { metadata: { name: PAST_NODE }, spec: { unschedulable: true } };
  await cluster.clients.core.createNode({ body: past });
  const operator = await startOperator(cluster);
  const { admission } = cluster.clients;
  await admission.deleteMutatingWebhookConfiguration({ name: RELEASE });
  await admission.deleteValidatingWebhookConfiguration({ name: RELEASE });
  return operator;
}

/** The operator itself makes their placeholders. Of each one TaskRun still runs. */
async function makePlacedRuns(cluster: Cluster, filler: Filler, count: number): Promise<void> {
  await inTurns(count, RUNS_AT_ONCE, index => filler.hold(`placed-${index}`));
  await untilNoneIsHeld(cluster);
  const runs = await listRuns(cluster, {});
  await inTurns(runs.length, RUNS_AT_ONCE, async index => {
    const run = runs[index] as PipelineRun & Named;
    const node = run.metadata.annotations![NODE_ANNOTATION]!;
    await filler.children(run, { running: 1, node });
  });
}

async function makeEndedRuns(filler: Filler): Promise<void> {
  let sizes: Sizes | undefined;
  await inTurns(options.ended, RUNS_AT_ONCE, async index => {
    sizes = await filler.endedRun(`ended-${index}`);
    if ((index + 1) % 500 === 0) progress(`${index + 1} ended runs are made`);
  });
  if (sizes === undefined) return;
  for (const kind of ["run", "taskRun", "pod"] as const)
    report.noted(`bytes of an ended ${kind}`, sizes[kind] / 1000, "kB");
}

function reportMemory(when: string, { acting, standingBy }: Controllers): void {
  report.noted(`memory: the controller that acts, ${when}`, acting.resident, "MiB");
  report.noted(`memory: the controller that stands by, ${when}`, standingBy.resident, "MiB");
}

/** Memory is looked at while runs come and go; what is left at the end beside the middle is growth. */
async function comeAndGo(cluster: Cluster, filler: Filler, operator: Operator): Promise<void> {
  const samples: number[] = [];
  const every = Math.max(1, Math.floor(options.churn / SAMPLES));
  const looks: Promise<void>[] = [];
  const start = performance.now();
  const look = async (count: number): Promise<void> => {
    const { acting, standingBy } = await memoryOfControllers(cluster, operator);
    samples.push(acting.resident);
    const [one, other] = [acting, standingBy].map(({ resident }) => resident.toFixed(0));
    console.log(
      `${count} runs have come and gone (${seconds(start)}): acting ${one} MiB, standing by ${other}`,
    );
  };
  await churn(cluster, filler, { namespace: NAMESPACE, runs: options.churn }, count => {
    if (count % every === 0) looks.push(look(count));
  });
  await Promise.all(looks);
  const third = Math.floor(samples.length / 3);
  const median = (values: number[]): number => percentile(values, 0.5);
  const growth = median(samples.slice(-third)) - median(samples.slice(third, 2 * third));
  report.limited("memory: growth over the runs that came and went", growth);
}

runBenchmark(async () => {
  const cluster = await startCluster({
    name: "bench-memory",
    tektonStandIn: false,
    memoryLimit: API_SERVER_MEMORY,
  });
  try {
    const operator = await startWithoutAdmission(cluster);
    const filler = new Filler(cluster, NAMESPACE, PAST_NODE, shape);
    progress("the cluster and the operator are there");
    const placed = Math.floor(options.live / 2);
    if (placed > 0) await makePlacedRuns(cluster, filler, placed);
    progress(`${placed} runs are placed`);
    await operator.stop("controller");
    await makeEndedRuns(filler);
    await inTurns(options.live - placed, RUNS_AT_ONCE, index => filler.hold(`held-${index}`));

    progress("all runs are made; the controllers start");
    const start = performance.now();
    const starting = operator.start("controller");
    await untilNoneIsHeld(cluster);
    const released = (performance.now() - start) / 1000;
    await starting;
    progress("all runs are released");
    reportMemory("all released", await memoryOfControllers(cluster, operator));
    await delay(options.rest * 1000);
    const rested = await memoryOfControllers(cluster, operator);
    reportMemory(`${options.rest} s later`, rested);
    report.noted("time until all were released", released, "s");
    report.limited("memory: peak of the controller that acts", rested.acting.peak);
    report.limited("memory: peak of the controller that stands by", rested.standingBy.peak);
    if (options.churn > 0) await comeAndGo(cluster, filler, operator);
    const crashes = operator.kubelet.crashes();
    if (crashes.length > 0) console.log(`ended by themselves: ${crashes.join(", ")}`);
    report.limited("memory: controllers that ended by themselves", crashes.length);

    console.log(`${options.ended} ended runs of ${options.tasks} tasks, ${options.live} that live`);
    report.conclude();
  } catch (error) {
    await tellEvidence(cluster);
    throw error;
  } finally {
    await cluster.stop();
  }
});
