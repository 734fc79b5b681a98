/** What befalls a run on a real node, and what no stand-in shows: a kubelet that stops, drains, or cannot pull. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { ON_REAL_NODE, REAL_NODE } from "../../testbed/real-node/node";
import { until } from "../../testbed/until";
import { after, cpu } from "../fit/fixture";
import { approve, gate, untilGate } from "../gate";
import { BROKEN_MIRROR, breakMirror } from "./broken-mirror";
import { FAKE_NODE, longTest, TEST_MILLISECONDS, type Stage } from "./on-real-node";
import { placed, Scene, UNREACHABLE } from "./scene";
import { placeholderSizes } from "./timeline";
import { isThere } from "./traces";
import { onHost } from "./volumes";

const execute = promisify(execFile);

/** Runs until it is ended; the second time it has nothing to do. */
const ONCE_IN_VAIN =
  "[ -e /workspace/disk/again ] && exit 0; touch /workspace/disk/again; trap 'exit 1' TERM; sleep 600 & wait";

export function faultTests(stage: () => Stage): void {
  longTest(
    "a placeholder whose image cannot be pulled hands its room over, and it is told what to do",
    async () => {
      const scene = new Scene(stage(), "no-image");
      const { namespace } = scene;
      await breakMirror(stage().operated.cluster);
      const tasks = [cpu("large", "800m", {}, 20), cpu("small", "300m", after("large"))];
      await scene.begin(tasks, placed(ON_REAL_NODE.nodeSelector), BROKEN_MIRROR);
      const told = await scene.fit.told(namespace, "PlaceholderNotRunning");
      expect(told).toMatch(/^The run goes on, but .* does not run on real: ImagePullBackOff, /);
      expect(told).toContain("placeholderImage");
      expect(await scene.fit.ended(namespace)).toEqual(["Succeeded"]);
      expect(scene.fit.nodes(namespace)).toEqual([REAL_NODE]);
      const sizes = placeholderSizes(stage().operated.history.all("pod", namespace));
      expect(sizes.length).toBeGreaterThan(1);
    },
    TEST_MILLISECONDS,
  );

  test(
    "a placeholder that is deleted by force, while its container runs, is back beside its run's pods",
    async () => {
      const scene = new Scene(stage(), "forced");
      const { namespace } = scene;
      const tasks = [cpu("first", "300m", {}, 8), cpu("last", "300m", after("first"))];
      await scene.begin(tasks, placed(ON_REAL_NODE.nodeSelector));
      await scene.untilRunning();
      const first = await scene.untilPlaceholderRuns();
      const { name } = first.metadata!;
      await scene.core.deleteNamespacedPod({ namespace, name: name!, gracePeriodSeconds: 0 });
      const next = await scene.untilPlaceholderRuns(first);
      expect(next.spec!.nodeName).toBe(REAL_NODE);
      expect(await scene.fit.ended(namespace)).toEqual(["Succeeded"]);
      expect(scene.fit.nodes(namespace)).toEqual([REAL_NODE]);
    },
    TEST_MILLISECONDS,
  );

  test(
    "kubectl drain waits for what is active, and the rest of the run goes on elsewhere",
    async () => {
      const { operated } = stage();
      const scene = new Scene(stage(), "drained");
      const { namespace } = scene;
      await scene.label(REAL_NODE, { drained: "yes" });
      const tasks = [cpu("first", "300m", {}, 8), cpu("last", "300m", after("first"))];
      await scene.begin(tasks, placed({ drained: "yes" }));
      await scene.untilRunning();
      await scene.label(FAKE_NODE, { drained: "yes" });
      const env = { ...process.env, KUBECONFIG: operated.cluster.kubeconfigFile };
      const kubectl = (...args: string[]) => execute("kubectl", args, { env, timeout: TEST_MILLISECONDS });
      try {
        await kubectl("drain", REAL_NODE, "--force", "--ignore-daemonsets", "--delete-emptydir-data");
        expect(await scene.fit.ended(namespace)).toEqual(["Succeeded"]);
        expect(scene.fit.nodes(namespace)).toEqual([REAL_NODE, FAKE_NODE]);
        expect(scene.fit.splits(namespace)).toEqual([]);
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
      const scene = new Scene(stage(), "stopped");
      const { namespace } = scene;
      const tasks = [cpu("first", "300m", {}, 4), cpu("last", "300m", after("first"))];
      await scene.begin(tasks, placed(ON_REAL_NODE.nodeSelector));
      await scene.untilRunning();
      await node.stopKubelet();
      await scene.untilLost();
      expect(await scene.fit.told(namespace, "NodeLost")).toContain(REAL_NODE);
      await node.startKubelet();
      expect(await scene.fit.ended(namespace)).toEqual(["Succeeded"]);
      expect(scene.fit.nodes(namespace)).toEqual([REAL_NODE]);
      expect(operated.history.sharedNodes()).toEqual([]);
    },
    2 * TEST_MILLISECONDS,
  );

  longTest(
    "pods that are evicted from a node whose kubelet has stopped end when it is back, and their run goes on",
    async () => {
      const { operated, node } = stage();
      const scene = new Scene(stage(), "unreachable");
      const { namespace } = scene;
      const path = join(operated.cluster.directory, namespace);
      const first = { ...onHost(path, "first", ONCE_IN_VAIN), retries: 1 };
      // In place of 5 minutes. The taint itself goes some seconds after the kubelet is back.
      const evicted = { key: UNREACHABLE, operator: "Exists", effect: "NoExecute", tolerationSeconds: 10 };
      await scene.begin(
        [first, cpu("last", "300m", after("first"))],
        placed(ON_REAL_NODE.nodeSelector, evicted),
      );
      const { metadata } = await scene.untilRunning();
      await node.stopKubelet();
      await scene.untilLost();
      await until("its pod to be evicted", TEST_MILLISECONDS, async () =>
        scene.seen(pod => {
          return pod.metadata!.uid === metadata!.uid && pod.metadata!.deletionTimestamp !== undefined;
        }),
      );
      expect(await scene.fit.told(namespace, "NodeLost")).toContain(REAL_NODE);
      await node.startKubelet();
      expect(await scene.fit.ended(namespace)).toEqual(["Succeeded"]);
      expect(scene.fit.nodes(namespace)).toEqual([REAL_NODE]);
    },
    2 * TEST_MILLISECONDS,
  );

  longTest(
    "a placeholder that is Terminating on a lost node is forced off; its container ends when the kubelet is back",
    async () => {
      const { operated, node } = stage();
      const scene = new Scene(stage(), "terminating");
      const { namespace } = scene;
      const { directory } = operated.cluster;
      await scene.label(REAL_NODE, { terminating: "yes" });
      await scene.begin([gate, cpu("only", "300m", after("gate"))], placed({ terminating: "yes" }));
      await untilGate(operated, namespace);
      const lost = await scene.untilPlaceholderRuns();
      await node.stopKubelet();
      await scene.core.deleteNamespacedPod({ namespace, name: lost.metadata!.name! });
      await scene.label(FAKE_NODE, { terminating: "yes" });
      await scene.untilPlaceholderOn(FAKE_NODE);
      expect(isThere(directory, lost)).toBe(true);
      await approve(operated, namespace, "build");
      expect(await scene.fit.ended(namespace)).toEqual(["Succeeded"]);
      expect(scene.fit.nodes(namespace)).toEqual([FAKE_NODE]);
      await node.startKubelet();
      await until("its container to end", TEST_MILLISECONDS, async () => !isThere(directory, lost));
    },
    2 * TEST_MILLISECONDS,
  );
}
