/** Room: the placeholder finds a node where the run's widest moment fits, and hands it over. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { isPlaceholderPod } from "../capabilities/decide/co-location";
import { addNode, removeNode } from "../testbed/nodes";
import { until } from "../testbed/until";
import {
  nap,
  OperatedCluster,
  optedIn,
  OWN_NODES,
  run,
  RUN_MILLISECONDS,
  START_MILLISECONDS,
} from "./operated-cluster";

const asking = (name: string, resources: object, extra: object = {}, seconds = 1) => {
  const task = nap(name, seconds, extra);
  return {
    ...task,
    taskSpec: { ...task.taskSpec, steps: [{ ...task.taskSpec.steps[0]!, computeResources: resources }] },
  };
};
const cpu = (name: string, amount: string, extra: object = {}, seconds = 1) =>
  asking(name, { requests: { cpu: amount } }, extra, seconds);
/** 2 + 2 + 5 CPUs at once, after a first task. */
const wide = () => [
  cpu("first", "1"),
  cpu("left", "2", { runAfter: ["first"] }),
  cpu("middle", "2", { runAfter: ["first"] }),
  cpu("right", "5", { runAfter: ["first"] }),
];

(OWN_NODES ? describe : describe.skip)("room on the node", () => {
  let operated: OperatedCluster;
  let nodes: string[] = [];

  beforeAll(async () => {
    operated = await OperatedCluster.start("fit", 0);
  }, START_MILLISECONDS);
  afterAll(() => operated.stop(), RUN_MILLISECONDS);
  afterEach(async () => {
    for (const name of nodes) await removeNode(operated.cluster.clients, name);
    nodes = [];
  }, RUN_MILLISECONDS);

  const withNode = async (name: string, cores: string, extraResources?: Record<string, string>) => {
    await addNode(operated.cluster.clients, { name, cpu: cores, extraResources });
    nodes.push(name);
  };
  const neighbour = async (namespace: string, name: string, node: string, cores: string) => {
    const body: V1Pod = {
      metadata: { name },
      spec: {
        nodeName: node,
        containers: [{ name: "c", image: "pause", resources: { requests: { cpu: cores } } }],
      },
    };
    await operated.cluster.clients.core.createNamespacedPod({ namespace, body });
  };
  const ended = async (namespace: string) => {
    const runs = await operated.untilEnded(namespace);
    await operated.untilNoPlaceholder(namespace);
    return runs.map(({ status }) => status?.conditions?.[0]?.reason);
  };
  const asked = (namespace: string) =>
    operated.history
      .all("pod", namespace)
      .filter(({ object, type }) => isPlaceholderPod(object) && type !== "DELETED")
      .map(({ object }) => object.spec!.containers[0]!.resources!.requests!["cpu"]!)
      .filter((value, index, all) => value !== all[index - 1]);

  test(
    "of nodes with 4, 8 and 16 CPUs in use, the one is found where the widest moment fits",
    async () => {
      await operated.createNamespace("mixed");
      await withNode("mixed-4", "4");
      await withNode("mixed-8", "8");
      await withNode("mixed-16", "16");
      await neighbour("mixed", "neighbour", "mixed-16", "6");
      await operated.apply("mixed", [run("wide", wide())]);
      expect(await ended("mixed")).toEqual(["Succeeded"]);
      expect(operated.history.nodesOfPods("mixed")).toEqual(["mixed-16"]);
      expect(asked("mixed")[0]).toBe("9");
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "without a reservation the same run waits for ever on the node that it took",
    async () => {
      await operated.createNamespace("control");
      await withNode("control-4", "4");
      await withNode("control-16", "16");
      await neighbour("control", "neighbour", "control-16", "6");
      const choice = { annotations: { "pod-affinity.tekton.dev/reservation": "none" } };
      await operated.apply("control", [run("wide", wide(), { labels: optedIn, ...choice })]);
      const waiting = await until("a pod of the run that fits nowhere", RUN_MILLISECONDS, async () =>
        operated.history
          .now("pod", "control")
          .find(
            pod => !isPlaceholderPod(pod) && pod.status?.conditions?.some(c => c.reason === "Unschedulable"),
          ),
      );
      expect(waiting.status!.conditions!.find(c => c.type === "PodScheduled")!.message).toContain(
        "Insufficient cpu",
      );
      await operated.cluster.clients.core.deleteNamespace({ name: "control" });
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "the room of tasks in turn is kept from strangers until it is theirs",
    async () => {
      await operated.createNamespace("turns");
      await withNode("turns-8", "8");
      await operated.apply("turns", [
        run("turns", [
          cpu("small", "2"),
          cpu("large", "7", { runAfter: ["small"] }),
          cpu("last", "1", { runAfter: ["large"] }),
        ]),
      ]);
      expect(await ended("turns")).toEqual(["Succeeded"]);
      expect(asked("turns")).toEqual(["7", "5", "10m"]);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "a device is looked for, and free when its task comes",
    async () => {
      await operated.createNamespace("gpu");
      await withNode("gpu-plain", "16");
      await withNode("gpu-gpu", "4", { "example.com/gpu": "1" });
      const device = { requests: { cpu: "1", "example.com/gpu": "1" }, limits: { "example.com/gpu": "1" } };
      await operated.apply("gpu", [
        run("gpu", [cpu("first", "1"), asking("train", device, { runAfter: ["first"] })]),
      ]);
      expect(await ended("gpu")).toEqual(["Succeeded"]);
      expect(operated.history.nodesOfPods("gpu")).toEqual(["gpu-gpu"]);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "a run that just fits its quota, with limits by default, succeeds",
    async () => {
      await operated.createNamespace("quota");
      await withNode("quota-16", "16");
      await operated.apply("quota", [
        {
          apiVersion: "v1",
          kind: "ResourceQuota",
          metadata: { name: "tight" },
          spec: { hard: { "requests.cpu": "4" } },
        } as object,
        {
          apiVersion: "v1",
          kind: "LimitRange",
          metadata: { name: "defaults" },
          spec: { limits: [{ type: "Container", default: { cpu: "4" }, defaultRequest: { cpu: "100m" } }] },
        } as object,
      ]);
      await until("the quota to be counted", RUN_MILLISECONDS, async () => {
        const { items } = await operated.cluster.clients.core.listNamespacedResourceQuota({
          namespace: "quota",
        });
        return items[0]?.status?.used !== undefined;
      });
      await operated.apply("quota", [
        // What the first to end leaves must not be taken back: the last one fills the quota at once.
        run("full", [
          cpu("one", "2"),
          cpu("two", "2", {}, 3),
          cpu("three", "4", { runAfter: ["one", "two"] }),
        ]),
      ]);
      expect(await ended("quota")).toEqual(["Succeeded"]);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "says on the run what is asked for, and why",
    async () => {
      await operated.createNamespace("said");
      await withNode("said-16", "16");
      await operated.apply("said", [run("wide", wide())]);
      await ended("said");
      const { items } = await operated.cluster.clients.core.listNamespacedEvent({ namespace: "said" });
      const told = items.find(({ reason }) => reason === "Reserved");
      expect(told?.message).toContain("cpu 9");
      expect(told?.message).toContain("left, middle, right");
    },
    RUN_MILLISECONDS * 2,
  );
});
