/** In-place resizes on a real control plane, each on a node of its own. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { ApiException, type V1Pod, type V1ResourceRequirements } from "@kubernetes/client-node";
import { startCluster, type Cluster } from "../cluster";
import { EventFeed } from "../event-feed";
import { ifFound } from "../if-found";
import { createNamespace } from "../namespaces";
import { addNode } from "../nodes";
import { until } from "../until";
import { pendingCondition, progressCondition } from "./conditions";
import { isResizePending } from "./requests";

const START_MILLISECONDS = 20 * 60_000; // The first start builds the programs.
const TEST_MILLISECONDS = 300_000;
const WAIT_MILLISECONDS = 120_000;
const namespace = "resizes";

let cluster: Cluster;
let feed: EventFeed | undefined;
/** Every pod as it was at each of its changes. */
const seen: V1Pod[] = [];

beforeAll(async () => {
  cluster = await startCluster({ name: "kubelet-stand-in", tektonStandIn: false });
  await createNamespace(cluster.clients, namespace);
  feed = new EventFeed(cluster.kubeconfigFile);
  await feed.follow<V1Pod>(`/api/v1/namespaces/${namespace}/pods`, ({ object }) => seen.push(object));
}, START_MILLISECONDS);

afterAll(async () => {
  feed?.stop();
  await cluster?.stop();
}, TEST_MILLISECONDS);

test(
  "what shrinks, and what grows into free room, is granted",
  async () => {
    await startPods("free", { main: "2" });
    for (const cpu of ["500m", "4"]) {
      await resize("free-main", { requests: { cpu } });
      const { status } = await untilPod("free-main", isInForce);
      expect(status?.containerStatuses?.[0]).toMatchObject({
        allocatedResources: { cpu },
        resources: { requests: { cpu } },
      });
      expect(status?.conditions?.map(({ type }) => type)).not.toContain("PodResizePending");
    }
  },
  TEST_MILLISECONDS,
);

test(
  "growth into taken room is deferred, and granted when a stranger's pod is gone",
  async () => {
    await startPods("taken", { main: "1", stranger: "3" });
    await resize("taken-main", { requests: { cpu: "2" } });
    const deferred = await untilPod("taken-main", pod => pendingCondition(pod) !== undefined);
    expect(pendingCondition(deferred)).toMatchObject({
      status: "True",
      reason: "Deferred",
      message: "Node didn't have enough resource: cpu, requested: 2000, used: 3000, capacity: 4000",
      observedGeneration: deferred.metadata?.generation,
    });
    expect(allocatedCpu(deferred)).toBe("1");
    await cluster.clients.core.deleteNamespacedPod({ name: "taken-stranger", namespace });
    const granted = await untilPod("taken-main", isInForce);
    expect([allocatedCpu(granted), pendingCondition(granted)]).toEqual(["2", undefined]);
  },
  TEST_MILLISECONDS,
);

test(
  "growth is granted into the room that another pod gives up by a resize",
  async () => {
    await startPods("given", { main: "1", stranger: "3" });
    await resize("given-main", { requests: { cpu: "2" } });
    await untilPod("given-main", pod => pendingCondition(pod) !== undefined);
    await resize("given-stranger", { requests: { cpu: "2" } });
    await untilPod("given-main", pod => allocatedCpu(pod) === "2" && pendingCondition(pod) === undefined);
  },
  TEST_MILLISECONDS,
);

test(
  "a growth that is withdrawn loses its condition, and nothing has been granted",
  async () => {
    await startPods("withdrawn", { main: "1", stranger: "3" });
    await resize("withdrawn-main", { requests: { cpu: "4" } });
    await untilPod("withdrawn-main", pod => pendingCondition(pod)?.reason === "Deferred");
    await resize("withdrawn-main", { requests: { cpu: "1" } });
    const pod = await untilPod("withdrawn-main", now => pendingCondition(now) === undefined);
    expect(allocatedCpu(pod)).toBe("1");
    await untilSeen(pod);
    expect(pod.status?.observedGeneration).toBe(pod.metadata?.generation);
    const told = seenOf("withdrawn-main").map(({ metadata, status }) => [
      metadata?.generation,
      status?.observedGeneration,
      pendingCondition({ status })?.observedGeneration,
    ]);
    // The old condition stands for a moment, one generation behind.
    expect(told.slice(-5)).toEqual([
      [1, 1, undefined],
      [2, 1, undefined],
      [2, 2, 2],
      [3, 2, 2],
      [3, 3, undefined],
    ]);
  },
  TEST_MILLISECONDS,
);

test(
  "what is allocated is in force a moment later",
  async () => {
    await startPods("late", { main: "1" });
    await resize("late-main", { requests: { cpu: "2" } });
    await untilSeen(await untilPod("late-main", isInForce));
    const told = seenOf("late-main").map(pod => [
      pod.status?.observedGeneration,
      allocatedCpu(pod),
      pod.status?.containerStatuses?.[0].resources?.requests?.cpu,
      progressCondition(pod)?.observedGeneration,
    ]);
    expect(told.slice(-4)).toEqual([
      [1, "1", "1", undefined],
      [1, "1", "1", undefined],
      [2, "2", "1", 2],
      [2, "2", "2", undefined],
    ]);
  },
  TEST_MILLISECONDS,
);

test(
  "of two that ask at once for the same room, one gets it",
  async () => {
    await startPods("contended", { one: "1", two: "1" });
    const names = ["contended-one", "contended-two"];
    await Promise.all(names.map(name => resize(name, { requests: { cpu: "3" } })));
    const pods = await Promise.all(
      names.map(name => untilPod(name, pod => !isResizePending(pod) || pendingCondition(pod) !== undefined)),
    );
    expect(pods.map(allocatedCpu).sort()).toEqual(["1", "3"]);
  },
  TEST_MILLISECONDS,
);

test(
  "growth beyond the whole node is refused by the API server itself",
  async () => {
    await startPods("whole", { main: "1" });
    const refused = await resize("whole-main", { requests: { cpu: "5" } }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApiException);
    expect((refused as ApiException<string>).code).toBe(403);
    expect((refused as ApiException<string>).body).toContain(
      "node didn't have enough allocatable resources: cpu, requested: 5000, allocatable: 4000",
    );
  },
  TEST_MILLISECONDS,
);

/** A node of 4 cores with Ready pods `<node>-<key>` that ask for so many. */
async function startPods(node: string, cpus: Record<string, string>): Promise<void> {
  await addNode(cluster.clients, { name: node, cpu: "4" });
  for (const [key, cpu] of Object.entries(cpus)) {
    const container = { name: "main", image: "none", resources: { requests: { cpu } } };
    const name = `${node}-${key}`;
    const nodeSelector = { "kubernetes.io/hostname": node };
    const body = { metadata: { name }, spec: { nodeSelector, containers: [container] } };
    await cluster.clients.core.createNamespacedPod({ namespace, body });
    await untilPod(name, ({ status }) => status?.phase === "Running");
  }
}

async function resize(name: string, resources: V1ResourceRequirements): Promise<void> {
  const path = "/spec/containers/0/resources";
  const body = [{ op: "replace", path, value: resources }];
  await cluster.clients.core.patchNamespacedPodResize({ name, namespace, body });
}

async function untilPod(name: string, condition: (pod: V1Pod) => boolean): Promise<V1Pod> {
  return until(`pod ${name}: ${condition}`, WAIT_MILLISECONDS, async () => {
    const pod = await ifFound(cluster.clients.core.readNamespacedPod({ name, namespace }));
    return pod !== undefined && condition(pod) && pod;
  });
}

const seenOf = (name: string): V1Pod[] => seen.filter(({ metadata }) => metadata?.name === name);

/** Waits until the watch has come to this version of the pod. */
async function untilSeen({ metadata }: V1Pod): Promise<void> {
  const version = metadata?.resourceVersion;
  await until(`the watch to come to ${version}`, WAIT_MILLISECONDS, async () =>
    seen.some(pod => pod.metadata?.resourceVersion === version),
  );
}

const isInForce = (pod: V1Pod): boolean =>
  !isResizePending(pod) && pendingCondition(pod) === undefined && progressCondition(pod) === undefined;

function allocatedCpu({ status }: V1Pod): string | undefined {
  return status?.containerStatuses?.[0].allocatedResources?.cpu;
}
