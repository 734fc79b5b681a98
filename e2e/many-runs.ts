/** A controller that starts when there is much to do: what it takes, and how long. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { AuditLog } from "../bench/requests";
import { placeholderName } from "../capabilities/placement/names";
import { HELD, HELD_LABEL, PENDING, PLACEHOLDER_LABEL } from "../capabilities/keys";
import { PIPELINE_RUN_V1, type PipelineRun } from "../capabilities/tekton/objects";
import { startCluster, type Cluster } from "../testbed/cluster";
import { inTurns } from "../testbed/in-turns";
import { createNamespace } from "../testbed/namespaces";
import { addNode } from "../testbed/nodes";
import { readKubeConfig } from "../testbed/kubeconfig";
import { setCoschedule, startOperator, type Operator } from "../testbed/operator";
import { RELEASE } from "../testbed/operator-names";
import { clusterFiles } from "../testbed/control-plane";
import { until } from "../testbed/until";
import { History } from "./history";
import { nap, optedIn, run } from "./operated-cluster";
import { readBack, type ReadBack } from "./read-back";

export interface Outcome {
  /** Runs that were held when the controller started; as many again had ended. */
  held: number;
  /** From the start of the controller's processes until the last of them was let go. */
  servedMilliseconds: number;
  /** Of the process that acts: the most that it ever had (VmHWM). */
  peakMebibytes: number;
  /** Open at once to the API server by one process, watches among them: a request needs one of its own. */
  mostConnections: number;
  /** What the metrics tell of it. */
  metrics: ReadBack;
}

const NAMESPACE = "many";
const RUNS_PER_NODE = 100;
const CREATIONS_AT_ONCE = 40;
const LOOK_MILLISECONDS = 100;
/** The API server is asked less often than the kernel. */
const LOOKS_PER_QUESTION = 20;
const MOST_MILLISECONDS = 10 * 60_000;
const METRICS_MILLISECONDS = 60_000;

/** What the kernel lists as established, by the socket's inode: the port at the other end. */
function remotePorts(pid: number): Map<string, number> {
  const lines = ["tcp", "tcp6"].flatMap(file =>
    readFileSync(`/proc/${pid}/net/${file}`, "utf8").split("\n").slice(1),
  );
  const ESTABLISHED = "01";
  return new Map(
    lines
      .map(line => line.trim().split(/\s+/))
      .filter(fields => fields[3] === ESTABLISHED)
      .map(fields => [fields[9]!, parseInt(fields[2]!.split(":")[1]!, 16)]),
  );
}

/** @throws Error when the process is gone */
function connections(pid: number, port: number): number {
  const ports = remotePorts(pid);
  const inodes = readdirSync(`/proc/${pid}/fd`).flatMap(descriptor => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1] ?? [];
    } catch {
      return []; // Closed meanwhile.
    }
  });
  return inodes.filter(inode => ports.get(inode) === port).length;
}

function peakMebibytes(pid: number): number {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]!;
  return Number(kibibytes) / 1024;
}

const shared = { "pod-affinity.tekton.dev/isolation": "none" };

function held(index: number): object {
  const labels = { ...optedIn, [HELD_LABEL]: HELD };
  return run(`held-${index}`, [nap("only")], { labels, annotations: shared }, { status: PENDING });
}

function ended(index: number): PipelineRun {
  const name = `ended-${index}`;
  const labels = { ...optedIn, [HELD_LABEL]: HELD, [PLACEHOLDER_LABEL]: placeholderName(name) };
  const made = run(name, [nap("only")], { labels, annotations: shared }) as PipelineRun;
  return { ...made, status: { conditions: [{ type: "Succeeded", status: "True" }] } };
}

/** Before there is an operator, so that none of them has been seen. */
async function createRuns({ clients: { custom } }: Cluster, count: number): Promise<void> {
  const where = { ...PIPELINE_RUN_V1, namespace: NAMESPACE };
  await inTurns(count, CREATIONS_AT_ONCE, async index => {
    await custom.createNamespacedCustomObject({ ...where, body: held(index) });
    const body = ended(index);
    const made = (await custom.createNamespacedCustomObject({ ...where, body })) as PipelineRun;
    const { name, resourceVersion } = made.metadata!;
    const withStatus = { ...body, metadata: { ...body.metadata, resourceVersion } };
    await custom.replaceNamespacedCustomObjectStatus({ ...where, name: name!, body: withStatus });
  });
}

async function someAreHeld({ clients: { custom } }: Cluster): Promise<boolean> {
  const where = { ...PIPELINE_RUN_V1, namespace: NAMESPACE, limit: 1 };
  const labelSelector = `${HELD_LABEL}=${HELD},!${PLACEHOLDER_LABEL}`;
  const { items } = (await custom.listNamespacedCustomObject({ ...where, labelSelector })) as {
    items: unknown[];
  };
  return items.length > 0;
}

function apiServerPort({ kubeconfigFile }: Cluster): number {
  return Number(new URL(readKubeConfig(kubeconfigFile).getCurrentCluster()!.server).port);
}

async function serve(cluster: Cluster, operator: Operator, count: number): Promise<Omit<Outcome, "metrics">> {
  const port = apiServerPort(cluster);
  const start = Date.now();
  const outcome = { held: count, servedMilliseconds: 0, peakMebibytes: 0, mostConnections: 0 };
  const starting = operator.start("controller");
  for (let look = 0; outcome.servedMilliseconds === 0; look++) {
    for (const { pid } of operator.processes("controller").filter(one => !one.hasExited())) {
      outcome.mostConnections = Math.max(outcome.mostConnections, connections(pid, port));
      outcome.peakMebibytes = Math.max(outcome.peakMebibytes, peakMebibytes(pid));
    }
    if (look % LOOKS_PER_QUESTION === 0 && !(await someAreHeld(cluster)))
      outcome.servedMilliseconds = Date.now() - start;
    if (Date.now() - start > MOST_MILLISECONDS)
      throw new Error(`runs were still held after ${MOST_MILLISECONDS / 1000} s`);
    await delay(LOOK_MILLISECONDS);
  }
  await starting;
  return outcome;
}

/** Once nothing is done any more, and the watches of both have told all. */
async function metricsAfter(operator: Operator, history: History, audit: AuditLog): Promise<ReadBack> {
  const asked = await audit.further();
  let last: ReadBack | undefined;
  return until("the metrics to stand still", METRICS_MILLISECONDS, async () => {
    asked.push(...(await audit.further()));
    const before = JSON.stringify(last);
    last = await readBack(operator, history, NAMESPACE, asked);
    return JSON.stringify(last) === before ? last : undefined;
  });
}

/**
 * Starts the controller on a cluster with `count` runs that are held, each with room for it, and as many that have
 * ended. Nothing plays Tekton: a run that is let go is served.
 */
export async function startWithMany(count: number): Promise<Outcome> {
  const cluster = await startCluster({ name: "many-runs", tektonStandIn: false });
  const history = new History();
  try {
    for (const name of ["tekton-pipelines", NAMESPACE]) await createNamespace(cluster.clients, name);
    await setCoschedule(cluster, "disabled");
    const nodes = Array.from({ length: Math.ceil(count / RUNS_PER_NODE) }, (_, index) => `node-${index + 1}`);
    await Promise.all(nodes.map(name => addNode(cluster.clients, { name, cpu: "64", memory: "256Gi" })));
    const operator = await startOperator(cluster);
    await operator.stop("controller");
    // Runs are created as they would be found; admission would not let them pass so.
    const { admission } = cluster.clients;
    await admission.deleteMutatingWebhookConfiguration({ name: RELEASE });
    await admission.deleteValidatingWebhookConfiguration({ name: RELEASE });
    await history.start(cluster.kubeconfigFile);
    await createRuns(cluster, count);
    const audit = new AuditLog(clusterFiles(cluster.directory).auditLog);
    await audit.further();
    const outcome = await serve(cluster, operator, count);
    return { ...outcome, metrics: await metricsAfter(operator, history, audit) };
  } finally {
    history.stop();
    await cluster.stop();
  }
}
