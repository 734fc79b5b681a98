/** What KWOK does with pods and claims, on a real control plane. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { V1Pod, V1PodSpec } from "@kubernetes/client-node";
import { startCluster, type Cluster } from "./cluster";
import { ifFound } from "./if-found";
import { createNamespace } from "./namespaces";
import { addNode, removeNode } from "./nodes";
import { until } from "./until";

const START_MILLISECONDS = 20 * 60_000; // The first start builds the programs.
const TEST_MILLISECONDS = 300_000;
const WAIT_MILLISECONDS = 120_000;
const namespace = "kwok-test";

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ name: "kwok-test", tektonStandIn: false });
  await addNode(cluster.clients, { name: "node-1", cpu: "4" });
  await createNamespace(cluster.clients, namespace);
}, START_MILLISECONDS);

afterAll(() => cluster?.stop(), TEST_MILLISECONDS);

describe("a pod", () => {
  test(
    "is scheduled, becomes Ready and has its resources in its status",
    async () => {
      await createPod("plain", { containers: [container({ cpu: "500m", memory: "1Gi" })] });
      const pod = await untilPod("plain", isReady);
      expect(pod.spec?.nodeName).toBe("node-1");
      expect(pod.status?.containerStatuses?.[0]).toMatchObject({
        allocatedResources: { cpu: "500m", memory: "1Gi" },
        resources: { requests: { cpu: "500m", memory: "1Gi" } },
      });
    },
    TEST_MILLISECONDS,
  );

  test(
    "is resized in place, and the room is there for others",
    async () => {
      await createPod("large", { containers: [container({ cpu: "3" })] });
      await untilPod("large", isReady);
      await createPod("waiting", { containers: [container({ cpu: "2" })] });
      await untilPod("waiting", ({ status }) => status?.conditions?.[0]?.reason === "Unschedulable");
      await cluster.clients.core.patchNamespacedPodResize({
        name: "large",
        namespace,
        body: [{ op: "replace", path: "/spec/containers/0/resources/requests/cpu", value: "1" }],
      });
      await untilPod("large", ({ status }) => status?.containerStatuses?.[0].allocatedResources?.cpu === "1");
      await untilPod("waiting", isReady);
      await deletePods("large", "waiting");
    },
    TEST_MILLISECONDS,
  );

  test(
    "has its init containers ended and its sidecars running",
    async () => {
      await createPod("sidecar", {
        initContainers: [
          { ...container({}), name: "prepare" },
          { ...container({ cpu: "100m" }), name: "proxy", restartPolicy: "Always" },
        ],
        containers: [container({})],
      });
      const { status } = await untilPod("sidecar", isReady);
      expect(status?.initContainerStatuses?.map(({ state }) => Object.keys(state ?? {}))).toEqual([
        ["terminated"],
        ["running"],
      ]);
    },
    TEST_MILLISECONDS,
  );

  test(
    "goes with its node",
    async () => {
      await addNode(cluster.clients, { name: "node-2", labels: { short: "lived" } });
      await createPod("bereft", { nodeSelector: { short: "lived" }, containers: [container({})] });
      await untilPod("bereft", isReady);
      await deletePods("bereft");
      await removeNode(cluster.clients, "node-2");
      expect((await cluster.clients.core.listNode()).items).toHaveLength(1);
    },
    TEST_MILLISECONDS,
  );
});

describe("the pod of a TaskRun", () => {
  const labels = { "tekton.dev/taskRun": "some" };

  test(
    "succeeds after 2 s, its sidecar ended too",
    async () => {
      const initContainers = [{ ...container({}), name: "proxy", restartPolicy: "Always" }];
      await createPod("task", { containers: [container({})], initContainers }, { labels });
      const { status } = await untilPod("task", pod => pod.status?.phase === "Succeeded");
      const { exitCode, startedAt, finishedAt } = status!.containerStatuses![0]!.state!.terminated!;
      // Both are whole seconds.
      expect(new Date(finishedAt!).getTime() - new Date(startedAt!).getTime()).toBeGreaterThanOrEqual(1_000);
      expect(exitCode).toBe(0);
      expect(status?.initContainerStatuses?.[0].state?.terminated?.exitCode).toBe(0);
      expect(status?.conditions?.find(({ type }) => type === "Ready")?.status).toBe("False");
    },
    TEST_MILLISECONDS,
  );

  test(
    "takes as long as its annotation says, and fails when asked to",
    async () => {
      const annotations = { "testbed/run-seconds": "0.5", "testbed/fail": "true" };
      await createPod("failing", { containers: [container({})] }, { labels, annotations });
      const { status } = await untilPod("failing", pod => pod.status?.phase === "Failed");
      expect(status?.containerStatuses?.[0].state?.terminated).toMatchObject({
        exitCode: 1,
        reason: "Error",
      });
    },
    TEST_MILLISECONDS,
  );

  test(
    "does not end before it is resized and ends afterwards",
    async () => {
      const annotations = { "testbed/run-seconds": "8" };
      await createPod("resized", { containers: [container({ cpu: "200m" })] }, { labels, annotations });
      await untilPod("resized", isReady);
      await cluster.clients.core.patchNamespacedPodResize({
        name: "resized",
        namespace,
        body: [{ op: "replace", path: "/spec/containers/0/resources/requests/cpu", value: "100m" }],
      });
      const { status } = await untilPod("resized", pod => pod.status?.phase === "Succeeded");
      expect(status?.containerStatuses?.[0].allocatedResources?.cpu).toBe("100m");
    },
    TEST_MILLISECONDS,
  );
});

describe("a claim", () => {
  test(
    "of the default class is bound once a pod uses it, and its volume goes with it",
    async () => {
      await createClaim("data");
      await createPod("reader", {
        containers: [container({})],
        volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
      });
      await untilPod("reader", isReady);
      const claim = await cluster.clients.core.readNamespacedPersistentVolumeClaim({
        name: "data",
        namespace,
      });
      expect(claim.status?.phase).toBe("Bound");
      await deletePods("reader");
      await cluster.clients.core.deleteNamespacedPersistentVolumeClaim({ name: "data", namespace });
      const name = claim.spec?.volumeName ?? "";
      await until("the volume to be gone", WAIT_MILLISECONDS, async () => {
        return (await ifFound(cluster.clients.core.readPersistentVolume({ name }))) === undefined;
      });
    },
    TEST_MILLISECONDS,
  );

  test(
    "of the class immediate is bound without a pod",
    async () => {
      await createClaim("early", "immediate");
      await until("the claim to be bound", WAIT_MILLISECONDS, async () => {
        const read = cluster.clients.core.readNamespacedPersistentVolumeClaim({ name: "early", namespace });
        return (await read).status?.phase === "Bound";
      });
    },
    TEST_MILLISECONDS,
  );
});

function container(requests: Record<string, string>) {
  return { name: "main", image: "none", resources: { requests } };
}

function isReady({ status }: V1Pod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false;
}

async function createPod(name: string, spec: V1PodSpec, metadata: V1Pod["metadata"] = {}): Promise<void> {
  await cluster.clients.core.createNamespacedPod({
    namespace,
    body: { metadata: { ...metadata, name }, spec },
  });
}

async function untilPod(name: string, condition: (pod: V1Pod) => boolean): Promise<V1Pod> {
  return until(`pod ${name}: ${condition}`, WAIT_MILLISECONDS, async () => {
    const pod = await cluster.clients.core.readNamespacedPod({ name, namespace });
    return condition(pod) && pod;
  });
}

async function deletePods(...names: string[]): Promise<void> {
  for (const name of names) {
    await cluster.clients.core.deleteNamespacedPod({ name, namespace });
    await until(`pod ${name} to be gone`, WAIT_MILLISECONDS, async () => {
      return (await ifFound(cluster.clients.core.readNamespacedPod({ name, namespace }))) === undefined;
    });
  }
}

async function createClaim(name: string, storageClassName?: string): Promise<void> {
  await cluster.clients.core.createNamespacedPersistentVolumeClaim({
    namespace,
    body: {
      metadata: { name },
      spec: {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: "1Gi" } },
        ...(storageClassName === undefined ? {} : { storageClassName }),
      },
    },
  });
}
