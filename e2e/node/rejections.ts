/** A kubelet that refuses pods which the scheduler gave it, or ends those that run: it says so, and a run goes on. */
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { ON_REAL_NODE, REAL_NODE } from "../../testbed/real-node/node";
import { until } from "../../testbed/until";
import { after, cpu } from "../fit/fixture";
import { approve, gate, untilGate } from "../gate";
import { endPods } from "../pods";
import { FAKE_NODE, longTest, restrictedPod, TEST_MILLISECONDS, type Stage } from "./on-real-node";
import { isRunning, placed, Scene } from "./scene";

const SECOND_MILLISECONDS = 1_000;
/** More than any machine has free of its own, so that there is pressure as long as the kubelet has it. */
const PRESSURES: { pressure: string; evictionHard: Record<string, string> }[] = [
  { pressure: "DiskPressure", evictionHard: { "nodefs.available": "99%" } },
  { pressure: "MemoryPressure", evictionHard: { "memory.available": "99%" } },
];
const stranger = { namespace: "default", name: "stranger" };

const rejectedFor =
  (reason: string) =>
  (pod: V1Pod): boolean =>
    isPlaceholderPod(pod) && pod.status?.reason === reason;

export function rejectionTests(stage: () => Stage): void {
  longTest(
    "a placeholder that its kubelet rejects after it was bound finds another node, and its run follows",
    async () => {
      const { operated, node } = stage();
      const scene = new Scene(stage(), "rejected");
      await scene.label(REAL_NODE, { rejected: "yes" });
      const { status } = await scene.core.readNode({ name: REAL_NODE });
      // Of pods that it learns of at once, a kubelet admits the older one; times of creation are whole seconds.
      const body = restrictedPod("stranger", status!.allocatable!["cpu"]!, { schedulerName: "nobody" });
      await scene.core.createNamespacedPod({ ...stranger, body });
      await Promise.all([node.stopKubelet(), delay(SECOND_MILLISECONDS)]);
      await scene.begin([gate, cpu("only", "300m", after("gate"))], placed({ rejected: "yes" }));
      await untilGate(operated, scene.namespace);
      await scene.untilPlaceholderOn(REAL_NODE);
      // As somebody does who asks no scheduler, a DaemonSet's controller of old for one.
      const target = { apiVersion: "v1", kind: "Node", name: REAL_NODE };
      const binding = { metadata: { name: stranger.name }, target };
      await scene.core.createNamespacedPodBinding({ ...stranger, body: binding });
      await scene.label(FAKE_NODE, { rejected: "yes" });
      await node.startKubelet();
      await scene.untilPlaceholderOn(FAKE_NODE);
      expect(scene.seen(rejectedFor("OutOfcpu"))).toBeDefined();
      await approve(operated, scene.namespace, "build");
      expect(await scene.fit.ended(scene.namespace)).toEqual(["Succeeded"]);
      expect(scene.fit.nodes(scene.namespace)).toEqual([FAKE_NODE]);
      await scene.core.deleteNamespacedPod({ ...stranger, gracePeriodSeconds: 0 });
    },
    TEST_MILLISECONDS,
  );

  longTest(
    "a placeholder for which its kubelet has no place after it was bound looks for another node, and it is told why",
    async () => {
      const { operated, node } = stage();
      const scene = new Scene(stage(), "no-place");
      await scene.core.createNamespacedPod({ ...stranger, body: restrictedPod("stranger", "10m") });
      await until("the stranger to run", TEST_MILLISECONDS, async () =>
        isRunning(await scene.core.readNamespacedPod(stranger)),
      );
      await node.stopKubelet();
      await scene.begin([gate, cpu("only", "300m", after("gate"))], placed(ON_REAL_NODE.nodeSelector));
      await scene.untilPlaceholderOn(REAL_NODE);
      await scene.withKubelet({ maxPods: 1 }, async () => {
        await until("the placeholder to be rejected", TEST_MILLISECONDS, async () =>
          scene.seen(rejectedFor("OutOfpods")),
        );
        await approve(operated, scene.namespace, "build");
        expect(await scene.fit.told(scene.namespace, "NoNodeToMoveTo")).toContain("Too many pods");
      });
      expect(await scene.fit.ended(scene.namespace)).toEqual(["Succeeded"]);
      expect(scene.fit.nodes(scene.namespace)).toEqual([REAL_NODE]);
      await scene.core.deleteNamespacedPod({ ...stranger, gracePeriodSeconds: 0 });
    },
    2 * TEST_MILLISECONDS,
  );

  longTest.each(PRESSURES)(
    "a run whose pods are evicted under $pressure goes on elsewhere, its task by a retry",
    async ({ pressure, evictionHard }) => {
      const { operated } = stage();
      const scene = new Scene(stage(), pressure.toLowerCase());
      const { namespace } = scene;
      await scene.label(REAL_NODE, { [pressure]: "yes" });
      const tasks = [cpu("first", "300m", { retries: 1 }, 120), cpu("last", "300m", after("first"))];
      await scene.begin(tasks, placed({ [pressure]: "yes" }));
      await scene.untilRunning();
      await scene.label(FAKE_NODE, { [pressure]: "yes" });
      await scene.withKubelet({ evictionHard }, async () => {
        await endPods(operated, [await scene.untilRunning(FAKE_NODE)]);
        expect(await scene.fit.ended(namespace)).toEqual(["Succeeded"]);
      });
      const isEvicted = ({ status }: V1Pod) => status?.phase === "Failed" && status.reason === "Evicted";
      expect(scene.seen(pod => isEvicted(pod) && !isPlaceholderPod(pod))?.spec!.nodeName).toBe(REAL_NODE);
      expect(scene.fit.nodes(namespace)).toEqual([REAL_NODE, FAKE_NODE]);
      expect(scene.fit.splits(namespace)).toEqual([]);
      expect(await scene.fit.told(namespace, "Moved")).toContain(`to ${FAKE_NODE}`);
    },
    2 * TEST_MILLISECONDS,
  );
}
