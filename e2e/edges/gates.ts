/** Other gates in the same admission, and an opt-in that comes after ours. */
import { describe, expect, test } from "@jest/globals";
import { HELD_LABEL, HELD_SINCE_ANNOTATION, OPT_IN_LABEL, PENDING } from "../../capabilities/keys";
import { at } from "../../capabilities/kube/json-patch";
import { isPending } from "../../capabilities/tekton/objects";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { until } from "../../testbed/until";
import { run, RUN_MILLISECONDS } from "../operated-cluster";
import { addNodeOf, onNodeOf, operated, tasks, untilPlaced } from "./cluster";
import { installWebhook, queues } from "./webhook";

const QUEUE = "kueue.x-k8s.io/queue-name";
const CODE_STATE = "pipelinesascode.tekton.dev/state";

/** As Kueue does when it has room for the run. */
const admit = (namespace: string) =>
  operated.patchRun(namespace, "queued", [{ op: "remove", path: "/spec/status" }]);

const eventsOf = async (namespace: string) =>
  (await operated.cluster.clients.core.listNamespacedEvent({ namespace })).items;

export function gateTests(): void {
  describe("a queue whose webhook is asked", () => {
    test.concurrent.each([
      { namespace: "queue-before", name: "a-queue", isOurs: false },
      { namespace: "queue-after", name: "zz-queue", isOurs: true },
    ])(
      "$name: its run is placed only once the queue has let it go",
      async ({ namespace, name, isOurs }) => {
        await operated.createNamespace(namespace);
        const remove = await installWebhook(operated, { name, namespace, change: queues });
        await operated.createRun(namespace, run("queued", tasks));
        const made = await operated.readRun(namespace, "queued");
        expect(made.metadata!.labels![QUEUE]).toBe("builds");
        expect(made.metadata!.labels![HELD_LABEL]).toBe(isOurs ? "true" : undefined);
        // One that came later, elsewhere, has been placed: ours had every chance.
        await operated.createRun("edges", run(`after-${name}`, tasks));
        await untilPlaced("edges", `after-${name}`);
        expect(isPending(await operated.readRun(namespace, "queued"))).toBe(true);
        expect(operated.history.all("statefulSet", namespace)).toEqual([]);
        await admit(namespace);
        const placed = await untilPlaced(namespace, "queued");
        expect(placed.metadata!.annotations![HELD_SINCE_ANNOTATION]).toBeDefined();
        const [ended] = await operated.untilEnded(namespace);
        expect(ended?.status?.conditions?.[0]?.reason).toBe("Succeeded");
        if (isOurs) {
          const told = (await eventsOf(namespace)).filter(({ reason }) => reason === "WaitsForQueue");
          expect(told.map(({ type }) => type)).toEqual(["Normal"]);
        }
        await remove();
      },
      3 * RUN_MILLISECONDS,
    );

    test.concurrent(
      "none: a run that brings a queue's label along, which no queue takes, is placed",
      async () => {
        await operated.createNamespace("no-queue");
        const labels = { [OPT_IN_LABEL]: "true", [QUEUE]: "builds" };
        await operated.createRun("no-queue", run("pods-are-queued", tasks, { labels }));
        await untilPlaced("no-queue", "pods-are-queued");
      },
      RUN_MILLISECONDS,
    );
  });

  test.concurrent(
    "a queue that sets Pending after the run was created, as Pipelines-as-Code's: nothing starts until it says so",
    async () => {
      const namespace = "queued-later";
      const path = at("/metadata/labels", CODE_STATE);
      await operated.createNamespace(namespace);
      await operated.createRun(namespace, run("queued", tasks, {}, onNodeOf(namespace)));
      // It finds the run Pending already, by ours.
      await operated.patchRun(namespace, "queued", [
        { op: "add", path, value: "queued" },
        { op: "replace", path: "/spec/status", value: PENDING },
      ]);
      await addNodeOf(namespace);
      await until("its placeholder to have a node", RUN_MILLISECONDS, async () =>
        operated.history.now("pod", namespace).some(pod => isPlaceholderPod(pod) && pod.spec?.nodeName),
      );
      await until("people to be told", RUN_MILLISECONDS, async () =>
        (await eventsOf(namespace)).some(({ reason }) => reason === "WaitsForQueue"),
      );
      // One that came later has been placed: ours had every chance.
      await operated.createRun("edges", run("after-queued-later", tasks));
      await untilPlaced("edges", "after-queued-later");
      expect(isPending(await operated.readRun(namespace, "queued"))).toBe(true);
      await operated.patchRun(namespace, "queued", [
        { op: "replace", path, value: "started" },
        { op: "remove", path: "/spec/status" },
      ]);
      const [ended] = await operated.untilEnded(namespace);
      expect(ended?.status?.conditions?.[0]?.reason).toBe("Succeeded");
      expect(operated.history.nodesOfPods(namespace)).toEqual([`node-of-${namespace}`]);
    },
    3 * RUN_MILLISECONDS,
  );

  test.concurrent(
    "an opt-in that a webhook after ours puts on a run is told",
    async () => {
      const namespace = "opted-in-after";
      await operated.createNamespace(namespace);
      const path = at("/metadata/labels", OPT_IN_LABEL);
      const remove = await installWebhook(operated, {
        name: "zz-opt-in",
        namespace,
        change: ({ metadata }) => {
          if (metadata.labels === undefined)
            return [{ op: "add", path: "/metadata/labels", value: { [OPT_IN_LABEL]: "true" } }];
          const isThere = metadata.labels[OPT_IN_LABEL] === "true";
          return isThere ? [] : [{ op: "add", path, value: "true" }];
        },
      });
      await operated.createRun(namespace, run("late", tasks, { labels: { a: "b" } }));
      await until("people to be told", RUN_MILLISECONDS, async () =>
        (await operated.warnings(namespace)).find(({ reason }) => reason === "OptedInTooLate"),
      );
      await remove();
    },
    2 * RUN_MILLISECONDS,
  );
}
