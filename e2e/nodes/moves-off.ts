/** The control: without moves the same cordon is a run that stands for ever. */
import { expect, test } from "@jest/globals";
import { hasEnded } from "../../capabilities/tekton/objects";
import { until } from "../../testbed/until";
import { addNode } from "../../testbed/nodes";
import { after, cpu, Fit } from "../fit/fixture";
import { RUN_MILLISECONDS, run, type OperatedCluster } from "../operated-cluster";
import { EVENTS } from "./events";

/** Longer than any of the others took, and than patience. */
const STANDS_SECONDS = 20;

export function movesOffTests(cluster: () => OperatedCluster): void {
  test(
    "a cordon between two tasks is not survived",
    async () => {
      const operated = cluster();
      const namespace = "moves-off";
      await operated.operator.upgrade({ settings: { moves: "disabled" } });
      await operated.createNamespace(namespace);
      const { clients } = operated.cluster;
      const labels = { row: namespace };
      await addNode(clients, { name: "moves-off-a", labels });
      const tasks = [cpu("first", "100m", {}, 5), cpu("last", "100m", after("first"))];
      const spec = { taskRunTemplate: { podTemplate: { nodeSelector: labels } } };
      await operated.apply(namespace, [run("build", tasks, {}, spec)]);
      const nodes = () => new Fit(operated).nodes(namespace);
      await until("its first pod", RUN_MILLISECONDS, async () => nodes().length > 0);
      await addNode(clients, { name: "moves-off-b", labels });
      await EVENTS.cordon.happens({ operated, namespace, node: "moves-off-a" });
      const last = await until("its last pod to wait", RUN_MILLISECONDS, async () =>
        operated.history.now("pod", namespace).find(({ metadata }) => metadata!.name!.includes("last")),
      );
      const waits = Date.now() + STANDS_SECONDS * 1000;
      await until("time to pass", RUN_MILLISECONDS, async () => Date.now() > waits);
      const pod = operated.history
        .now("pod", namespace)
        .find(({ metadata }) => metadata!.uid === last.metadata!.uid);
      expect(pod?.spec?.nodeName).toBeUndefined();
      expect(operated.history.now("run", namespace).some(hasEnded)).toBe(false);
    },
    RUN_MILLISECONDS * 2,
  );
}
