/** What befalls a run on a real node, and what no stand-in shows: a kubelet that refuses, stops, or cannot pull. */
import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { MERGE_PATCH } from "../../capabilities/kube/json-patch";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { ON_REAL_NODE, REAL_NODE } from "../../testbed/real-node/node";
import { until } from "../../testbed/until";
import { after, cpu, Fit } from "../fit/fixture";
import { approve, gate, untilGate } from "../gate";
import { run } from "../operated-cluster";
import { podsOf } from "../pods";
import { BROKEN_MIRROR, breakMirror } from "./broken-mirror";
import { FAKE_NODE, longTest, restrictedPod, TEST_MILLISECONDS, type Stage } from "./on-real-node";
import { placeholderSizes } from "./timeline";

const execute = promisify(execFile);
const SECOND_MILLISECONDS = 1_000;

/** Pods of the run go where the label is, which a test puts on one node after the other. */
const placed = (nodeSelector: Record<string, string>, ...tolerations: object[]) => ({
  taskRunTemplate: {
    podTemplate: { nodeSelector, tolerations: [...ON_REAL_NODE.tolerations, ...tolerations] },
  },
});

export function faultTests(stage: () => Stage): void {
  const fit = () => new Fit(stage().operated);
  const core = () => stage().operated.cluster.clients.core;
  const label = (node: string, labels: Record<string, string>) =>
    core().patchNode({ name: node, body: { metadata: { labels } } }, MERGE_PATCH);
  const now = (namespace: string): V1Pod[] => stage().operated.history.now("pod", namespace);
  const placeholderOf = (namespace: string) => now(namespace).find(isPlaceholderPod);
  const isRunning = ({ status }: V1Pod) => status?.phase === "Running";

  const begin = async (namespace: string, tasks: object[], spec: object, labels = {}): Promise<void> => {
    const { operated } = stage();
    await operated.createNamespace(namespace, labels);
    await operated.apply(namespace, [run("build", tasks, {}, spec)]);
  };
  const untilTaskRuns = (namespace: string): Promise<V1Pod> =>
    until(`a pod in ${namespace} to run`, TEST_MILLISECONDS, async () =>
      podsOf(stage().operated, namespace).find(isRunning),
    );

  longTest(
    "a placeholder whose image cannot be pulled hands its room over, and it is told what to do",
    async () => {
      const namespace = "no-image";
      await breakMirror(stage().operated.cluster);
      const tasks = [cpu("large", "800m", {}, 20), cpu("small", "300m", after("large"))];
      await begin(namespace, tasks, placed(ON_REAL_NODE.nodeSelector), BROKEN_MIRROR);
      const told = await fit().told(namespace, "PlaceholderNotRunning");
      expect(told).toMatch(/^The run goes on, but .* does not run on real: ImagePullBackOff, /);
      expect(told).toContain("placeholderImage");
      expect(await fit().ended(namespace)).toEqual(["Succeeded"]);
      expect(fit().nodes(namespace)).toEqual([REAL_NODE]);
      const sizes = placeholderSizes(stage().operated.history.all("pod", namespace));
      expect(sizes.length).toBeGreaterThan(1);
    },
    TEST_MILLISECONDS,
  );

  test(
    "a placeholder that is deleted by force, while its container runs, is back beside its run's pods",
    async () => {
      const namespace = "forced";
      const tasks = [cpu("first", "300m", {}, 8), cpu("last", "300m", after("first"))];
      await begin(namespace, tasks, placed(ON_REAL_NODE.nodeSelector));
      await untilTaskRuns(namespace);
      const first = await until("the placeholder to run", TEST_MILLISECONDS, async () => {
        const pod = placeholderOf(namespace);
        return pod && isRunning(pod) && pod;
      });
      const { name, uid } = first.metadata!;
      await core().deleteNamespacedPod({ namespace, name: name!, gracePeriodSeconds: 0 });
      const next = await until("the next placeholder to run", TEST_MILLISECONDS, async () => {
        const pod = placeholderOf(namespace);
        return pod && pod.metadata!.uid !== uid && isRunning(pod) && pod;
      });
      expect(next.spec!.nodeName).toBe(REAL_NODE);
      expect(await fit().ended(namespace)).toEqual(["Succeeded"]);
      expect(fit().nodes(namespace)).toEqual([REAL_NODE]);
    },
    TEST_MILLISECONDS,
  );

  longTest(
    "a placeholder that its kubelet rejects after it was bound finds another node, and its run follows",
    async () => {
      const { operated, node } = stage();
      const namespace = "rejected";
      await label(REAL_NODE, { rejected: "yes" });
      const { status } = await core().readNode({ name: REAL_NODE });
      await operated.createNamespace(namespace);
      // Of pods that it learns of at once, a kubelet admits the older one; times of creation are whole seconds.
      const body = restrictedPod("stranger", status!.allocatable!["cpu"]!, { schedulerName: "nobody" });
      const stranger = { namespace: "default", name: "stranger" };
      await core().createNamespacedPod({ ...stranger, body });
      await Promise.all([node.stopKubelet(), delay(SECOND_MILLISECONDS)]);
      const tasks = [gate, cpu("only", "300m", after("gate"))];
      await operated.apply(namespace, [run("build", tasks, {}, placed({ rejected: "yes" }))]);
      await untilGate(operated, namespace);
      await until("the placeholder on the node", TEST_MILLISECONDS, async () => {
        return placeholderOf(namespace)?.spec?.nodeName === REAL_NODE;
      });
      // As somebody does who asks no scheduler, a DaemonSet's controller of old for one.
      const target = { apiVersion: "v1", kind: "Node", name: REAL_NODE };
      const binding = { metadata: { name: stranger.name }, target };
      await core().createNamespacedPodBinding({ ...stranger, body: binding });
      await label(FAKE_NODE, { rejected: "yes" });
      await node.startKubelet();
      await until("the placeholder on the other node", TEST_MILLISECONDS, async () => {
        return placeholderOf(namespace)?.spec?.nodeName === FAKE_NODE;
      });
      const isRejected = (pod: V1Pod) => isPlaceholderPod(pod) && pod.status?.reason === "OutOfcpu";
      expect(operated.history.first("pod", namespace, isRejected)).toBeDefined();
      await approve(operated, namespace, "build");
      expect(await fit().ended(namespace)).toEqual(["Succeeded"]);
      expect(fit().nodes(namespace)).toEqual([FAKE_NODE]);
      await core().deleteNamespacedPod({ ...stranger, gracePeriodSeconds: 0 });
    },
    TEST_MILLISECONDS,
  );

  test(
    "kubectl drain waits for what is active, and the rest of the run goes on elsewhere",
    async () => {
      const { operated } = stage();
      const namespace = "drained";
      await label(REAL_NODE, { drained: "yes" });
      const tasks = [cpu("first", "300m", {}, 8), cpu("last", "300m", after("first"))];
      await begin(namespace, tasks, placed({ drained: "yes" }));
      await untilTaskRuns(namespace);
      await label(FAKE_NODE, { drained: "yes" });
      const env = { ...process.env, KUBECONFIG: operated.cluster.kubeconfigFile };
      const kubectl = (...args: string[]) => execute("kubectl", args, { env, timeout: TEST_MILLISECONDS });
      try {
        await kubectl("drain", REAL_NODE, "--force", "--ignore-daemonsets", "--delete-emptydir-data");
        expect(await fit().ended(namespace)).toEqual(["Succeeded"]);
        expect(fit().nodes(namespace)).toEqual([REAL_NODE, FAKE_NODE]);
        expect(fit().splits(namespace)).toEqual([]);
      } finally {
        await kubectl("uncordon", REAL_NODE);
      }
    },
    TEST_MILLISECONDS,
  );

  longTest(
    "a kubelet that stops in the middle of a run comes back to a run that goes on",
    async () => {
      const { operated, node } = stage();
      const namespace = "stopped";
      const tasks = [cpu("first", "300m", {}, 4), cpu("last", "300m", after("first"))];
      await begin(namespace, tasks, placed(ON_REAL_NODE.nodeSelector));
      await untilTaskRuns(namespace);
      await node.stopKubelet();
      await until("the node to be seen as lost", TEST_MILLISECONDS, async () => {
        const { spec } = await core().readNode({ name: REAL_NODE });
        return spec?.taints?.some(({ key }) => key === "node.kubernetes.io/unreachable");
      });
      expect(await fit().told(namespace, "NodeLost")).toContain(REAL_NODE);
      await node.startKubelet();
      expect(await fit().ended(namespace)).toEqual(["Succeeded"]);
      expect(fit().nodes(namespace)).toEqual([REAL_NODE]);
      expect(operated.history.sharedNodes()).toEqual([]);
    },
    2 * TEST_MILLISECONDS,
  );
}
