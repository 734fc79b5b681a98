/** A cluster with the stand-in for its own tests, and short ways to make runs and to see what comes of them. */
import { setTimeout as delay } from "node:timers/promises";
import type { V1Pod } from "@kubernetes/client-node";
import { startCluster, type Cluster } from "../cluster";
import { ifFound } from "../if-found";
import type { ManagedProcess } from "../managed-process";
import { createNamespace } from "../namespaces";
import { addNode } from "../nodes";
import { until, untilRefused } from "../until";
import { conditionOf } from "./conditions";
import { resources } from "./io/api";
import { startStandIn } from "../stand-in";
import type { PipelineRun, PipelineRunSpec, PipelineTask, Run, TaskRun } from "./types";

const waitMilliseconds = 120_000;

/** A pipeline task of one step. */
export const task = (name: string, more: Partial<PipelineTask> = {}): PipelineTask => ({
  name,
  taskSpec: { steps: [{ name: "s", image: "busybox" }] },
  ...more,
});

/** A pipeline task that runs for so long, or that fails. */
export const taskThat = (
  name: string,
  annotations: Record<string, string>,
  more: Partial<PipelineTask> = {},
) =>
  task(name, { taskSpec: { metadata: { annotations }, steps: [{ name: "s", image: "busybox" }] }, ...more });

type Kind = keyof typeof resources;

export class Bed {
  #standIn: ManagedProcess | undefined;

  private constructor(readonly cluster: Cluster) {}

  static async start(name: string): Promise<Bed> {
    const bed = new Bed(await startCluster({ name, tektonStandIn: false }));
    try {
      await Promise.all([addNode(bed.cluster.clients, { name: "node-1" }), bed.startStandIn()]);
      return bed;
    } catch (error) {
      await bed.cluster.stop();
      throw error;
    }
  }

  async startStandIn(): Promise<void> {
    // A log of its own for each, so that the line of the one before is not taken for this one's.
    this.#standIn = await startStandIn(this.cluster, "tekton-stand-in", `tekton-stand-in-${Date.now()}`);
  }

  async stopStandIn(): Promise<void> {
    await this.#standIn?.stop();
  }

  async namespace(name: string): Promise<string> {
    await createNamespace(this.cluster.clients, name);
    return name;
  }

  #address(kind: Kind, namespace: string) {
    return { group: "tekton.dev", namespace, ...resources[kind] };
  }

  async run(namespace: string, name: string, spec: PipelineRunSpec): Promise<PipelineRun> {
    const body = { apiVersion: "tekton.dev/v1", kind: "PipelineRun", metadata: { name }, spec };
    const request = { ...this.#address("PipelineRun", namespace), body };
    return (await this.cluster.clients.custom.createNamespacedCustomObject(request)) as PipelineRun;
  }

  async get<T extends Run = PipelineRun>(
    kind: Kind,
    namespace: string,
    name: string,
  ): Promise<T | undefined> {
    const read = this.cluster.clients.custom.getNamespacedCustomObject({
      ...this.#address(kind, namespace),
      name,
    });
    return ifFound(read as Promise<T>);
  }

  patch(
    namespace: string,
    name: string,
    ...body: { op: string; path: string; value?: unknown }[]
  ): Promise<unknown> {
    const request = { ...this.#address("PipelineRun", namespace), name, body };
    return this.cluster.clients.custom.patchNamespacedCustomObject(request);
  }

  remove(namespace: string, name: string): Promise<unknown> {
    return this.cluster.clients.custom.deleteNamespacedCustomObject({
      ...this.#address("PipelineRun", namespace),
      name,
    });
  }

  pod(namespace: string, name: string): Promise<V1Pod | undefined> {
    return ifFound(this.cluster.clients.core.readNamespacedPod({ namespace, name }));
  }

  /** Waits until a run's condition has the reason, and gives the run. */
  async untilReason(kind: "PipelineRun" | "TaskRun", namespace: string, name: string, reason: string) {
    let seen: string | undefined;
    const found = until(`${kind} ${namespace}/${name} to be ${reason}`, waitMilliseconds, async () => {
      const run = await this.get<PipelineRun & TaskRun>(kind, namespace, name);
      seen = JSON.stringify(run?.status?.conditions);
      return run && conditionOf(run)?.reason === reason && run;
    });
    return found.catch((error: Error) => {
      throw new Error(`${error.message}; it is ${seen}`, { cause: error });
    });
  }

  untilPod(namespace: string, name: string, holds: (pod: V1Pod) => boolean = () => true): Promise<V1Pod> {
    return until(`pod ${namespace}/${name}`, waitMilliseconds, async () => {
      const pod = await this.pod(namespace, name);
      return pod && holds(pod) && pod;
    });
  }

  untilNoPod(namespace: string, name: string): Promise<true> {
    return until(
      `pod ${namespace}/${name} to be gone`,
      waitMilliseconds,
      async () => (await this.pod(namespace, name)) === undefined,
    ) as Promise<true>;
  }

  /** @param why part of the refusal */
  async untilPodsAreRefused(namespace: string, why: string): Promise<void> {
    const body = { metadata: { name: "probe" }, spec: { containers: [{ name: "c", image: "busybox" }] } };
    const probe = () => this.cluster.clients.core.createNamespacedPod({ namespace, body, dryRun: "All" });
    await untilRefused(`pods in ${namespace}`, waitMilliseconds, probe, why);
  }

  /** Long enough for what must not happen to happen. */
  settle(): Promise<void> {
    return delay(500);
  }
}
