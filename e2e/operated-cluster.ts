/** A cluster with the operator on it, for end-to-end tests. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubernetesObject } from "@kubernetes/client-node";
import { hasEnded, PIPELINE_RUN_V1, type PipelineRun } from "../capabilities/tekton/objects";
import {
  attachCluster,
  startCluster,
  stopAfterFailure,
  type Cluster,
  type ClusterOptions,
} from "../testbed/cluster";
import { NO_FAULTS } from "../testbed/fault-proxy/faults";
import type { LagOptions } from "../testbed/fault-proxy/lag";
import { startFaultProxy } from "../testbed/fault-proxy/proxy";
import { ifFound } from "../testbed/if-found";
import { inTurn } from "../testbed/in-turn";
import { applyObjects, parseObjects } from "../testbed/manifests";
import { createNamespace } from "../testbed/namespaces";
import type { Use } from "../testbed/audit";
import { addNode } from "../testbed/nodes";
import { startOperator, type Operator, type OperatorOptions } from "../testbed/operator";
import { until } from "../testbed/until";
import { History } from "./history";
import { noteUses } from "./rbac-uses";

/** The first start on a machine builds the control plane. */
export const START_MILLISECONDS = 20 * 60_000;
/**
 * For what takes seconds, and more beside others that take whole cores. It ends what hangs; how long something takes is
 * measured by the benchmarks.
 */
export const RUN_MILLISECONDS = 4 * 60_000;
/** An embedded cluster stops in 2 s; a given one is left as it was, which takes a minute and more. */
export const STOP_MILLISECONDS = 15 * 60_000;
const NAMESPACES_MILLISECONDS = 3 * 60_000;
/** The placeholder of a run goes as soon as its last pod has ended, on a busy machine after a leader has been followed. */
export const CLEAN_UP_MILLISECONDS = 120_000;
/** No look at everything within a test: what is waited for in vain has to be seen. */
const RESYNC_SECONDS = "600";

/** Of what each controller said, where something did not come about. */
const LAST_LINES = 5;

/** Names a cluster with a Tekton of its own to run the tests on, in place of an embedded one. */
const GIVEN_KUBECONFIG = process.env.E2E_KUBECONFIG;
/** Whether tests may make nodes; those of a given cluster are what they are. */
export const OWN_NODES = GIVEN_KUBECONFIG === undefined;

export interface OperatedOptions extends OperatorOptions {
  /** How late the controllers learn of changes through their watches; with a given cluster they are not made late. */
  watchLag?: LagOptions & { seed: number };
  /** For benchmarks: with the resync of the chart. */
  asShipped?: true;
}

/** @returns the address for the controllers to use in place of the API server's */
async function lateWatches(
  cluster: Cluster,
  { seed, ...lag }: LagOptions & { seed: number },
): Promise<string> {
  const proxy = await startFaultProxy(cluster, seed, NO_FAULTS, { lag });
  cluster.atStop(() => proxy.stop());
  return proxy.url;
}

export class OperatedCluster {
  readonly #namespaces: string[] = [];
  readonly history = new History();
  operator!: Operator;
  /** What the test lets the operator ask for in vain; else nothing that it asks for may be denied. */
  mayBeDenied: (use: Use) => boolean = () => false;

  private constructor(readonly cluster: Cluster) {}

  static async start(
    name: string,
    nodes: number,
    { watchLag, asShipped, ...options }: OperatedOptions = {},
  ): Promise<OperatedCluster> {
    const operated = await OperatedCluster.startWithout({ name }, nodes);
    try {
      if (watchLag && OWN_NODES) options.controllersServer = await lateWatches(operated.cluster, watchLag);
      const ofTests: Record<string, string> = asShipped
        ? {}
        : { POD_AFFINITY_RESYNC_SECONDS: RESYNC_SECONDS };
      const settings = { ...ofTests, ...options.settings };
      operated.operator = await startOperator(operated.cluster, { ...options, settings });
      return operated;
    } catch (error) {
      await stopAfterFailure(operated);
      throw error;
    }
  }

  /** Without the operator, for tests that install it in a way of their own. */
  static async startWithout(options: ClusterOptions, nodes: number): Promise<OperatedCluster> {
    const operated = new OperatedCluster(
      OWN_NODES ? await startCluster(options) : await attachCluster(options.name, GIVEN_KUBECONFIG!),
    );
    try {
      if (OWN_NODES) await operated.#addNodes(nodes);
      await operated.history.start(operated.cluster.kubeconfigFile);
      return operated;
    } catch (error) {
      await stopAfterFailure(operated);
      throw error;
    }
  }

  async #addNodes(count: number): Promise<void> {
    const names = Array.from({ length: count }, (_, index) => `node-${index + 1}`);
    await Promise.all(names.map(name => addNode(this.cluster.clients, { name })));
  }

  /**
   * A given cluster is left as it was, whatever the tests or a part of this did.
   *
   * @throws Error that names what could not be done, or what the operator was denied
   */
  async stop(): Promise<void> {
    this.history.stop();
    const note = () => noteUses(this.cluster, use => this.mayBeDenied(use));
    const before = OWN_NODES
      ? [{ what: "note what the operator was allowed", work: note }]
      : [{ what: "remove the namespaces of the tests", work: () => this.#removeNamespaces() }];
    const steps = [...before, { what: "stop the cluster", work: () => this.cluster.stop() }];
    await inTurn(steps.map(step => ({ ...step, milliseconds: STOP_MILLISECONDS })));
  }

  async #removeNamespaces(): Promise<void> {
    const { core } = this.cluster.clients;
    await Promise.all(this.#namespaces.map(name => ifFound(core.deleteNamespace({ name }))));
    await until("them to go", NAMESPACES_MILLISECONDS, async () => {
      const { items } = await core.listNamespace();
      return !items.some(({ metadata }) => this.#namespaces.includes(metadata!.name!));
    });
  }

  createNamespace(name: string, labels?: Record<string, string>): Promise<void> {
    this.#namespaces.push(name);
    return createNamespace(this.cluster.clients, name, { labels });
  }

  async apply(namespace: string, objects: KubernetesObject[]): Promise<void> {
    const placed = objects.map(object => ({ ...object, metadata: { ...object.metadata, namespace } }));
    await applyObjects(this.cluster.kubeconfigFile, placed);
  }

  async createRun(namespace: string, body: object): Promise<PipelineRun> {
    return this.cluster.clients.custom.createNamespacedCustomObject({ ...PIPELINE_RUN_V1, namespace, body });
  }

  async readRun(namespace: string, name: string): Promise<PipelineRun> {
    return this.cluster.clients.custom.getNamespacedCustomObject({ ...PIPELINE_RUN_V1, namespace, name });
  }

  async patchRun(namespace: string, name: string, body: object[]): Promise<void> {
    await this.cluster.clients.custom.patchNamespacedCustomObject({
      ...PIPELINE_RUN_V1,
      namespace,
      name,
      body,
    });
  }

  /** Waits until all runs of the namespace have ended, and returns them. */
  untilEnded(namespace: string, milliseconds = RUN_MILLISECONDS): Promise<PipelineRun[]> {
    return until(`all runs in ${namespace} to end`, milliseconds, async () => {
      const runs = this.history.now("run", namespace);
      return runs.length > 0 && runs.every(hasEnded) ? runs : undefined;
    });
  }

  /** @throws Error that says what the controllers did last for the namespace */
  async untilNoPlaceholder(namespace: string, milliseconds = CLEAN_UP_MILLISECONDS): Promise<void> {
    try {
      await until(
        `the placeholders in ${namespace} to go`,
        milliseconds,
        async () => this.history.now("statefulSet", namespace).length === 0,
      );
    } catch (cause) {
      throw new Error(`${(cause as Error).message}\n${await this.#found(namespace)}`, { cause });
    }
  }

  /** What is there, and what the controllers said of it. */
  async #found(namespace: string): Promise<string> {
    const logs = await Promise.all(
      this.operator.processes("controller").map(({ logFile }) => readFile(logFile, "utf8")),
    );
    const isOfNamespace = (line: string) =>
      line.includes(`"namespace":"${namespace}"`) || line.includes(`"run":"${namespace}/`);
    const said = logs.flatMap(text => text.split("\n").filter(isOfNamespace).slice(-LAST_LINES));
    const runs = this.history.now("run", namespace).map(({ metadata, status }) => ({
      ...{ name: metadata!.name, conditions: status?.conditions },
    }));
    const pods = this.history.now("pod", namespace).map(({ metadata, status }) => ({
      ...{ name: metadata!.name, phase: status?.phase, deleted: metadata!.deletionTimestamp },
    }));
    return [...said, ...[...runs, ...pods].map(one => JSON.stringify(one)), new Date().toISOString()].join(
      "\n",
    );
  }

  /** Reasons and messages of the Warning Events of a namespace's runs. */
  async warnings(namespace: string): Promise<{ reason: string; message: string }[]> {
    const { items } = await this.cluster.clients.core.listNamespacedEvent({ namespace });
    return items
      .filter(({ type, involvedObject }) => type === "Warning" && involvedObject.kind === "PipelineRun")
      .map(({ reason, message }) => ({ reason: reason ?? "", message: message ?? "" }));
  }
}

const INPUTS = join(__dirname, "..", "testbed", "tekton-stand-in", "recordings");

/** One of the runs, with what it needs, that a real Tekton was recorded with. */
export async function recordedInput(name: string): Promise<KubernetesObject[]> {
  return parseObjects(await readFile(join(INPUTS, `${name}.yaml`), "utf8"));
}

/** A task that waits for `seconds` in its one step. */
export const nap = (name: string, seconds = 1, extra: object = {}) => ({
  name,
  taskSpec: {
    metadata: { annotations: { "testbed/run-seconds": String(seconds) } },
    steps: [{ name: "nap", image: "busybox", command: ["sleep", String(seconds)] }],
  },
  ...extra,
});

export const optedIn = { "tekton.dev/custom-pod-affinity": "true" };

export const run = (name: string, tasks: object[], metadata: object = {}, spec: object = {}) => ({
  apiVersion: "tekton.dev/v1",
  kind: "PipelineRun",
  metadata: { name, labels: optedIn, ...metadata },
  spec: { pipelineSpec: { tasks }, ...spec },
});
