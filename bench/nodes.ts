/**
 * What nodes cost the controller that say something: nodes of which most hold no run, and runs that go on. Nothing plays
 * Tekton.
 *
 *   npm run bench -- nodes [--nodes 5000] [--runs 500] [--seconds 30] [--rate 20] [--cordons 20]
 *
 * `--rate`: heartbeats a second, of any node, a tenth of them cordons of nodes without runs; `--cordons`: so many nodes
 * with runs are cordoned then.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { V1Node } from "@kubernetes/client-node";
import { MERGE_PATCH } from "../capabilities/kube/json-patch";
import { HELD, HELD_LABEL, NODE_ANNOTATION, PLACEHOLDER_LABEL } from "../capabilities/keys";
import { PIPELINE_RUN_V1, type PipelineRun } from "../capabilities/tekton/objects";
import { tellEvidence } from "../testbed/evidence";
import { startCluster, type Cluster } from "../testbed/cluster";
import { inTurns } from "../testbed/in-turns";
import { createNamespace } from "../testbed/namespaces";
import { addNode, FAKE_NODE_LABEL, nodeObject } from "../testbed/nodes";
import { setCoschedule, startOperator, type Operator } from "../testbed/operator";
import { RELEASE } from "../testbed/operator-names";
import { until } from "../testbed/until";
import { Report } from "./budget";
import { Filler } from "./crowd/fill";
import type { Named } from "./crowd/objects";
import { Meter, type Usage } from "./meter";
import { numbers, runBenchmark } from "./options";

const NAMESPACE = "many";
const RUNS_PER_NODE = 5;
const AT_ONCE = 16;
const RELEASED_MILLISECONDS = 10 * 60_000;
const SETTLE_MILLISECONDS = 15_000;
/** Until nothing is asked any more because of the runs and nodes that were made. */
const QUIET_MILLISECONDS = 3 * 60_000;
/** One event in so many is a cordon, or its end. */
const CORDONS_IN = 10;

const options = numbers({ nodes: 5000, runs: 500, seconds: 30, rate: 20, cordons: 20 });
const shape = { tasks: 1, scriptBytes: 1500 };

const begun = performance.now();
const progress = (what: string): void =>
  console.error(`${((performance.now() - begun) / 1000).toFixed(0).padStart(6)} s  ${what}`);

async function start(cluster: Cluster, names: readonly string[]): Promise<Operator> {
  for (const name of ["tekton-pipelines", NAMESPACE]) await createNamespace(cluster.clients, name);
  await setCoschedule(cluster, "disabled");
  await Promise.all(
    names.map(name => addNode(cluster.clients, { name, cpu: "64", memory: "256Gi", pods: 500 })),
  );
  const operator = await startOperator(cluster);
  // Runs are made as they would be found; admission would not let them pass so.
  const { admission } = cluster.clients;
  await admission.deleteMutatingWebhookConfiguration({ name: RELEASE });
  await admission.deleteValidatingWebhookConfiguration({ name: RELEASE });
  return operator;
}

async function listRuns({ clients: { custom } }: Cluster, more: object = {}): Promise<PipelineRun[]> {
  const where = { ...PIPELINE_RUN_V1, namespace: NAMESPACE, ...more };
  const { items } = (await custom.listNamespacedCustomObject(where)) as { items: PipelineRun[] };
  return items;
}

/**
 * Each has a pod that is active on its node.
 *
 * @returns the node of each
 */
async function makeRuns(cluster: Cluster): Promise<string[]> {
  const filler = new Filler(cluster, NAMESPACE, "", shape);
  await inTurns(options.runs, AT_ONCE, index => filler.hold(`placed-${index}`));
  const labelSelector = `${HELD_LABEL}=${HELD},!${PLACEHOLDER_LABEL}`;
  await until("all runs to be released", RELEASED_MILLISECONDS, async () => {
    return (await listRuns(cluster, { labelSelector, limit: 1 })).length === 0;
  });
  const runs = (await listRuns(cluster)) as (PipelineRun & Named)[];
  const nodeOf = ({ metadata }: Named): string => metadata.annotations![NODE_ANNOTATION]!;
  await inTurns(runs.length, AT_ONCE, async index => {
    const run = runs[index]!;
    await filler.children(run, { running: 1, node: nodeOf(run) });
  });
  return runs.map(nodeOf);
}

/** A node without a kubelet, which says that it is well. */
function quietNode(name: string): V1Node {
  const node = nodeObject({ name });
  const { [FAKE_NODE_LABEL.key]: _, ...labels } = node.metadata!.labels!;
  const now = new Date();
  const ready = {
    type: "Ready",
    status: "True",
    reason: "KubeletReady",
    message: "",
    lastTransitionTime: now,
  };
  const conditions = [{ ...ready, lastHeartbeatTime: now }];
  return { ...node, metadata: { ...node.metadata, labels }, status: { ...node.status, conditions } };
}

class Nodes {
  #turn = 0;

  constructor(
    private readonly cluster: Cluster,
    private readonly withRuns: readonly string[],
    private readonly others: readonly string[],
  ) {}

  async #cordon(name: string, unschedulable: boolean): Promise<void> {
    const body = { spec: { unschedulable } };
    await this.cluster.clients.core.patchNode({ name, body }, MERGE_PATCH);
  }

  async #beat(name: string): Promise<void> {
    const body = { metadata: { annotations: { "bench/heartbeat": String(this.#turn) } } };
    await this.cluster.clients.core.patchNode({ name, body }, MERGE_PATCH);
  }

  async #say(): Promise<void> {
    const turn = this.#turn++;
    const all = [...this.withRuns, ...this.others];
    if (turn % CORDONS_IN > 0) return this.#beat(all[(turn * 7919) % all.length]!);
    const cordons = turn / CORDONS_IN;
    return this.#cordon(this.others[Math.floor(cordons / 2) % this.others.length]!, cordons % 2 === 0);
  }

  /** For as long as the options say. */
  async saySomething(): Promise<void> {
    const start = performance.now();
    const said: Promise<void>[] = [];
    for (let count = 0; count < options.seconds * options.rate; count++) {
      const due = start + (count * 1000) / options.rate - performance.now();
      if (due > 0) await delay(due);
      said.push(this.#say());
    }
    await Promise.all(said);
  }

  /** Of those that runs are on. */
  async cordon(count: number): Promise<void> {
    for (const name of this.withRuns.slice(0, count)) await this.#cordon(name, true);
    await delay(SETTLE_MILLISECONDS);
  }
}

/** Nobody is to say that nodes without heartbeats are lost. */
const sendToController = (cluster: Cluster, signal: NodeJS.Signals): void => {
  const found = cluster.running().find(({ name }) => name === "kube-controller-manager");
  if (found !== undefined) process.kill(found.pid, signal);
};

const cpuASecond = ({ cpu, milliseconds }: Usage): number => cpu.controller / (milliseconds / 1000);
const asked = ({ requests: { reads, writes, events } }: Usage): number => reads + writes + events;

runBenchmark(async () => {
  const cluster = await startCluster({ name: "bench-nodes", tektonStandIn: false });
  try {
    const withRuns = Array.from(
      { length: Math.ceil(options.runs / RUNS_PER_NODE) },
      (_, index) => `busy-${index}`,
    );
    const others = Array.from({ length: options.nodes - withRuns.length }, (_, index) => `quiet-${index}`);
    const operator = await start(cluster, withRuns);
    const nodesOfRuns = await makeRuns(cluster);
    progress(`${options.runs} runs are placed, on ${withRuns.length} nodes`);
    sendToController(cluster, "SIGSTOP");
    const { core } = cluster.clients;
    await inTurns(others.length, AT_ONCE, index => core.createNode({ body: quietNode(others[index]!) }));
    const meter = new Meter(operator, cluster);
    progress(`${options.nodes} nodes are there`);
    await until("the controller to come to rest", QUIET_MILLISECONDS, async () => {
      return asked(await meter.during(() => delay(SETTLE_MILLISECONDS))) === 0;
    });
    const nodes = new Nodes(cluster, withRuns, others);
    const idle = await meter.during(() => delay(options.seconds * 1000));
    const events = await meter.during(() => nodes.saySomething());
    const cordons = await meter.during(() => nodes.cordon(options.cordons));
    const report = new Report();
    report.noted("nodes: CPU a second at rest", cpuASecond(idle), "ms");
    report.limited("nodes: CPU a second for 20 events of nodes", cpuASecond(events) - cpuASecond(idle));
    report.limited("nodes: requests because of nodes without runs", asked(events) - asked(idle));
    const cordoned = withRuns.slice(0, options.cordons);
    const told = nodesOfRuns.filter(node => cordoned.includes(node)).length;
    report.limited("nodes: requests a run whose node is cordoned", asked(cordons) / told);
    const cpu = cordons.cpu.controller - (cpuASecond(idle) * cordons.milliseconds) / 1000;
    report.noted("nodes: CPU a run whose node is cordoned", cpu / told, "ms");
    report.conclude();
  } catch (error) {
    await tellEvidence(cluster);
    throw error;
  } finally {
    sendToController(cluster, "SIGCONT");
    await cluster.stop();
  }
});
