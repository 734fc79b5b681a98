/** Pods on a real node: a real kubelet starts their containers and resizes them in place. */
import { beforeAll, expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { ON_REAL_NODE, REAL_NODE } from "../../testbed/real-node/node";
import { until } from "../../testbed/until";
import { FAKE_NODE, restrictedPod, TEST_MILLISECONDS, WAIT_MILLISECONDS, type Stage } from "./on-real-node";
import { cpuWeight } from "./traces";

const namespace = "work";
const RESTRICTED = { "pod-security.kubernetes.io/enforce": "restricted" };

export function kubeletTests(stage: () => Stage): void {
  const cluster = () => stage().operated.cluster;

  beforeAll(() => stage().operated.createNamespace(namespace, RESTRICTED));

  const create = (pod: V1Pod, where = namespace): Promise<V1Pod> =>
    cluster().clients.core.createNamespacedPod({ namespace: where, body: pod });

  const remove = (name: string): Promise<unknown> =>
    cluster().clients.core.deleteNamespacedPod({ namespace, name, gracePeriodSeconds: 0 });

  const untilPod = (name: string, what: string, holds: (pod: V1Pod) => boolean, where = namespace) =>
    until(`pod ${name} ${what}`, WAIT_MILLISECONDS, async () => {
      const pod = await cluster().clients.core.readNamespacedPod({ namespace: where, name });
      return holds(pod) && pod;
    });

  const untilRunning = (name: string) =>
    untilPod(name, "to run", ({ status }) => status?.phase === "Running");

  const resize = (name: string, cpu: string): Promise<V1Pod> =>
    cluster().clients.core.patchNamespacedPodResize({
      namespace,
      name,
      body: [{ op: "replace", path: "/spec/containers/0/resources/requests/cpu", value: cpu }],
    });

  const cpuInForce = ({ status }: V1Pod) => status?.containerStatuses?.[0]?.resources?.requests?.cpu;

  const untilInForce = (name: string, cpu: string) =>
    untilPod(name, `to have ${cpu}`, pod => cpuInForce(pod) === cpu);

  const pending = ({ status }: V1Pod) => status?.conditions?.find(({ type }) => type === "PodResizePending");

  test(
    "runs a container, whose output can be read",
    async () => {
      const container = { name: "c", image: "busybox", command: ["sh", "-c", "echo $((6 * 7))"] };
      await create(
        {
          metadata: { name: "echo" },
          spec: { ...ON_REAL_NODE, restartPolicy: "Never", containers: [container] },
        },
        "default",
      );
      const ended = ({ status }: V1Pod) => status?.phase === "Succeeded";
      const pod = await untilPod("echo", "to end", ended, "default");
      expect(pod.spec!.nodeName).toBe(REAL_NODE);
      const log = await cluster().clients.core.readNamespacedPodLog({ namespace: "default", name: "echo" });
      expect(log).toBe("42\n");
    },
    TEST_MILLISECONDS,
  );

  test(
    "takes no pod that does not ask for it",
    async () => {
      await create(restrictedPod("elsewhere", "10m", { nodeSelector: {}, tolerations: [] }));
      const pod = await untilRunning("elsewhere");
      expect(pod.spec!.nodeName).toBe(FAKE_NODE);
      await remove("elsewhere");
    },
    TEST_MILLISECONDS,
  );

  test(
    "resizes a placeholder's container in place, and the kernel gives it what was granted",
    async () => {
      await create(restrictedPod("anchor", "600m"));
      const before = await untilRunning("anchor");
      const weight = cpuWeight(cluster().directory, before);
      await resize("anchor", "100m");
      const after = await untilInForce("anchor", "100m");
      expect(after.status!.containerStatuses![0]).toMatchObject({
        restartCount: 0,
        allocatedResources: { cpu: "100m" },
        containerID: before.status!.containerStatuses![0]!.containerID!,
      });
      const smaller = cpuWeight(cluster().directory, after);
      expect(smaller).toBeLessThan(weight);
      await resize("anchor", "300m");
      expect(cpuWeight(cluster().directory, await untilInForce("anchor", "300m"))).toBeGreaterThan(smaller);
      await remove("anchor");
    },
    TEST_MILLISECONDS,
  );

  test(
    "a growth without room waits until a neighbour has gone",
    async () => {
      const { status } = await cluster().clients.core.readNode({ name: REAL_NODE });
      const cores = Number(status!.allocatable!.cpu);
      const part = (share: number) => `${Math.round(cores * share * 1000)}m`;
      await create(restrictedPod("neighbour", part(0.6)));
      await create(restrictedPod("grows", part(0.2)));
      await Promise.all([untilRunning("neighbour"), untilRunning("grows")]);
      const { metadata } = await resize("grows", part(0.7));
      const waiting = await untilPod("grows", "to wait", pod => pending(pod) !== undefined);
      expect(pending(waiting)).toMatchObject({
        reason: "Deferred",
        observedGeneration: metadata!.generation!,
      });
      expect(cpuInForce(waiting)).toBe(part(0.2));
      await remove("neighbour");
      expect(pending(await untilInForce("grows", part(0.7)))).toBeUndefined();
      await remove("grows");
    },
    TEST_MILLISECONDS,
  );

  test(
    "while its kubelet is down nothing is granted, and afterwards it is",
    async () => {
      await create(restrictedPod("patient", "300m"));
      await untilRunning("patient");
      await stage().node.stopKubelet();
      const { metadata } = await resize("patient", "100m");
      const asked = await cluster().clients.core.readNamespacedPod({ namespace, name: "patient" });
      expect(asked.metadata!.generation).toBe(metadata!.generation);
      expect(cpuInForce(asked)).toBe("300m");
      await stage().node.startKubelet();
      await untilInForce("patient", "100m");
      await remove("patient");
    },
    TEST_MILLISECONDS,
  );
}
