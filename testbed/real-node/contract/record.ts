/** Takes the steps of a scenario on a node, and notes all that its pods show and all Events about them. */
import { setTimeout as delay } from "node:timers/promises";
import { ApiException, type CoreV1Event, type V1Pod, type V1PodSpec } from "@kubernetes/client-node";
import type { Cluster } from "../../cluster";
import { EventFeed, type Change } from "../../event-feed";
import { createNamespace } from "../../namespaces";
import { until } from "../../until";
import type { Scenario, ScenarioPod, Step } from "./scenarios";
import { distinct, isSettled, stateOf, type Recording, type Refusal, type SeenState } from "./states";

const RUNNING_MILLISECONDS = 60_000;
/** A kubelet that has not settled by then says so in its conditions, or never. */
const SETTLED_MILLISECONDS = 8_000;
const QUIET_MILLISECONDS = 400;
/** The CPUs of the nodes that recordings are made on; shares are of these. */
export const CORES = 2;

export type Place = Pick<V1PodSpec, "nodeSelector" | "tolerations">;

const quantity = (share: number): string => `${Math.round(share * CORES * 1000)}m`;

function podFor({ name, cpu, memory, memoryLimit }: ScenarioPod, place: Place): V1Pod {
  const requests = { cpu: quantity(cpu), memory: memory ?? "16Mi" };
  const limits = memoryLimit === undefined ? undefined : { memory: memoryLimit };
  const container = { name: "c", image: "registry.k8s.io/pause:3.10.1", resources: { requests, limits } };
  return {
    metadata: { name },
    spec: { ...place, terminationGracePeriodSeconds: 0, containers: [container] },
  };
}

/** The order of the keys is that of the API server's answer to no one: only the values matter. */
function patchFor(step: Extract<Step, { resize: string }>): { op: string; path: string; value: string }[] {
  const values = {
    "requests/cpu": step.cpu === undefined ? undefined : quantity(step.cpu),
    "requests/memory": step.memory,
    "limits/memory": step.memoryLimit,
  };
  return Object.entries(values).flatMap(([path, value]) =>
    value === undefined ? [] : [{ op: "add", path: `/spec/containers/0/resources/${path}`, value }],
  );
}

class Recorder {
  readonly #pods: Change<V1Pod>[] = [];
  readonly #events: Change<CoreV1Event>[] = [];
  readonly #steps: number[] = [];
  readonly #refusals: Refusal[] = [];
  readonly #feed: EventFeed;

  constructor(
    private readonly cluster: Cluster,
    private readonly namespace: string,
    private readonly scenario: Scenario,
  ) {
    this.#feed = new EventFeed(cluster.kubeconfigFile);
  }

  async record(place: Place): Promise<Recording> {
    const { namespace, scenario } = this;
    const path = `/api/v1/namespaces/${namespace}`;
    await this.#feed.follow<V1Pod>(`${path}/pods`, change => this.#pods.push(change));
    await this.#feed.follow<CoreV1Event>(`${path}/events`, change => this.#events.push(change));
    for (const pod of scenario.pods) {
      const body = podFor(pod, place);
      await this.cluster.clients.core.createNamespacedPod({ namespace, body });
    }
    await this.#untilPods(pod =>
      scenario.beforeItRuns ? !!pod.spec!.nodeName : pod.status?.phase === "Running",
    );
    for (const step of scenario.steps) {
      await this.#take(step);
      if (!scenario.allAtOnce) await this.#settle();
    }
    await this.#settle();
    this.#feed.stop();
    this.#feed.check();
    return this.#recording();
  }

  #latest(): V1Pod[] {
    const latest = new Map<string, Change<V1Pod>>();
    for (const change of this.#pods) latest.set(change.object.metadata!.uid!, change);
    return [...latest.values()].filter(({ type }) => type !== "DELETED").map(({ object }) => object);
  }

  #untilPods(holds: (pod: V1Pod) => boolean): Promise<true> {
    return until(`the pods of "${this.scenario.name}"`, RUNNING_MILLISECONDS, async () => {
      const pods = this.#latest();
      return pods.length === this.scenario.pods.length && pods.every(holds);
    }) as Promise<true>;
  }

  async #take(step: Step): Promise<void> {
    const { core } = this.cluster.clients;
    const { namespace } = this;
    this.#steps.push(Date.now());
    try {
      if ("delete" in step) await core.deleteNamespacedPod({ namespace, name: step.delete });
      else await core.patchNamespacedPodResize({ namespace, name: step.resize, body: patchFor(step) });
    } catch (error) {
      if (!(error instanceof ApiException)) throw error;
      const { message = "" } = JSON.parse(String(error.body)) as { message?: string };
      this.#refusals.push({ step: this.#steps.length - 1, code: error.code, message });
    }
  }

  /** Returns when all stands still, or after the bound. */
  async #settle(): Promise<void> {
    const deadline = Date.now() + SETTLED_MILLISECONDS;
    await delay(QUIET_MILLISECONDS);
    while (Date.now() < deadline) {
      const isQuiet = Date.now() - (this.#pods.at(-1)?.at ?? 0) > QUIET_MILLISECONDS;
      const runs = this.#latest().every(({ status }) => status?.phase === "Running");
      if (isQuiet && runs && this.#latest().map(stateOf).every(isSettled)) return;
      await delay(20);
    }
  }

  #timed(at: number): { step: number; milliseconds: number } {
    // What is seen in the very millisecond of a step was there before it.
    const step = this.#steps.filter(begun => begun < at).length - 1;
    return { step, milliseconds: step < 0 ? 0 : at - this.#steps[step]! };
  }

  #recording(): Recording {
    const seen = this.#pods
      .filter(({ type }) => type !== "DELETED")
      .map(({ at, object }): SeenState => ({ ...stateOf(object), ...this.#timed(at) }));
    const events = this.#events
      .filter(({ type, object }) => type !== "DELETED" && object.reason?.startsWith("Resize"))
      .map(({ at, object }) => ({
        pod: object.involvedObject.name!,
        type: object.type!,
        reason: object.reason!,
        message: object.message ?? "",
        ...this.#timed(at),
      }));
    return {
      scenario: this.scenario.name,
      states: distinct(fromFirstStep(seen)),
      events,
      refusals: this.#refusals,
    };
  }
}

/** How a pod starts is not looked at: of what was before the first step, only where that ended. */
function fromFirstStep(states: readonly SeenState[]): SeenState[] {
  return states.filter(
    (state, index) =>
      state.step >= 0 || !states.slice(index + 1).some(({ pod, step }) => pod === state.pod && step < 0),
  );
}

/** @param place what brings the pods to the node, which has {@link CORES} CPUs and no other pods */
export async function record(cluster: Cluster, scenario: Scenario, place: Place): Promise<Recording> {
  const { core } = cluster.clients;
  const name = scenario.name.toLowerCase().replaceAll(/[^a-z]+/g, "-");
  await createNamespace(cluster.clients, name);
  if (scenario.limits !== undefined) {
    const body = { metadata: { name: "limits" }, spec: { limits: [scenario.limits] } };
    await core.createNamespacedLimitRange({ namespace: name, body });
  }
  const recording = await new Recorder(cluster, name, scenario).record(place);
  await core.deleteCollectionNamespacedPod({ namespace: name });
  await until(`the pods of "${scenario.name}" to go`, RUNNING_MILLISECONDS, async () => {
    return (await core.listNamespacedPod({ namespace: name })).items.length === 0;
  });
  return recording;
}
