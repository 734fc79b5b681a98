/** With a real autoscaler, Karpenter: as many nodes as runs need, no more, and none of them longer than that. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { JSON_PATCH } from "../../capabilities/kube/json-patch";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { until } from "../../testbed/until";
import { after, chosen, cpu } from "../fit/fixture";
import {
  optedIn,
  OWN_NODES,
  run,
  RUN_MILLISECONDS,
  START_MILLISECONDS,
  STOP_MILLISECONDS,
} from "../operated-cluster";
import { Autoscaled } from "./fixture";

const CUSTOM_RUNS = { group: "tekton.dev", version: "v1beta1", plural: "customruns" };
const DO_NOT_DISRUPT = "karpenter.sh/do-not-disrupt";
/** Longer than Karpenter takes from one look at a node to taking it away. */
const LEFT_ALONE_MILLISECONDS = 40_000;

const median = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length / 2)]!;

(OWN_NODES ? describe : describe.skip)("Karpenter, and a cluster without nodes", () => {
  let autoscaled: Autoscaled;
  beforeAll(async () => {
    autoscaled = await Autoscaled.start("autoscaler");
  }, START_MILLISECONDS);
  afterAll(() => autoscaled?.operated.stop(), STOP_MILLISECONDS);

  /** @returns how many nodes were made for them */
  async function nodesFor(namespace: string, count: number, isolation: string): Promise<number> {
    const { operated } = autoscaled;
    await operated.createNamespace(namespace);
    const since = Date.now();
    const metadata = { labels: optedIn, ...chosen({ isolation }) };
    const tasks = [cpu("first", "500m", {}, 3), cpu("second", "500m", after("first"), 3)];
    const names = Array.from({ length: count }, (_, index) => `run-${index + 1}`);
    await Promise.all(names.map(name => operated.apply(namespace, [run(name, tasks, metadata)])));
    const runs = await operated.untilEnded(namespace);
    expect(runs.map(({ status }) => status!.conditions![0]!.reason)).toEqual(Array(count).fill("Succeeded"));
    expect(autoscaled.nodesOfRuns(namespace).map(nodes => nodes.length)).toEqual(Array(count).fill(1));
    const made = autoscaled.nodesSince(since).length;
    const gone = await autoscaled.untilNoNodes();
    const seconds = autoscaled.secondsToFirstPod(namespace);
    console.log(
      `${count} runs, isolation ${isolation}: ${made} nodes; created to first pod bound ${median(seconds).toFixed(1)} s ` +
        `(median), ${seconds.at(-1)!.toFixed(1)} s (most); all nodes gone ${(gone / 1000).toFixed(0)} s after the last run`,
    );
    return made;
  }

  test.each([{ count: 1 }, { count: 5 }, { count: 20 }])(
    "$count runs that share no node have $count nodes made, which go after them",
    async ({ count }) => {
      expect(await nodesFor(`apart-${count}`, count, "required")).toBe(count);
      expect(autoscaled.operated.history.sharedNodes()).toEqual([]);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "small runs that may share one have fewer made",
    async () => {
      expect(await nodesFor("together", 5, "none")).toBeLessThan(5);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "the node of a live run is left alone between its tasks, although a smaller one would do",
    async () => {
      const namespace = "between";
      const { operated } = autoscaled;
      const { core, custom } = operated.cluster.clients;
      await operated.createNamespace(namespace);
      // What comes after the approval needs a sixth of the node.
      const approval = { taskRef: { apiVersion: "example.dev/v1alpha1", kind: "ApprovalTask" } };
      const tasks = [
        cpu("build", "6"),
        { name: "approval", ...approval, runAfter: ["build"] },
        cpu("deploy", "1", after("approval")),
      ];
      await operated.apply(namespace, [run("waits", tasks)]);
      const name = await until("the approval to be asked for", RUN_MILLISECONDS, async () => {
        const list = (await custom.listNamespacedCustomObject({ ...CUSTOM_RUNS, namespace })) as {
          items: { metadata: { name: string } }[];
        };
        return list.items[0]?.metadata.name;
      });
      const [node] = autoscaled.nodes();
      await until("Karpenter to say that it may not take the node", RUN_MILLISECONDS, async () => {
        const { items } = await core.listNamespacedEvent({ namespace: "default" });
        return items.some(
          ({ reason, message }) => reason === "DisruptionBlocked" && /annotation/.test(message!),
        );
      });
      await new Promise(resolve => setTimeout(resolve, LEFT_ALONE_MILLISECONDS));
      expect(autoscaled.nodes()).toEqual([node]);
      // Without the annotation it does not stay.
      const placeholder = operated.history.now("pod", namespace).find(isPlaceholderPod)!;
      const path = `/metadata/annotations/${DO_NOT_DISRUPT.replace("/", "~1")}`;
      await core.patchNamespacedPod(
        { namespace, name: placeholder.metadata!.name!, body: [{ op: "remove", path }] },
        JSON_PATCH,
      );
      await until(
        "Karpenter to take the node",
        RUN_MILLISECONDS,
        async () => !autoscaled.nodes().includes(node!),
      );
      const condition = { type: "Succeeded", status: "True", reason: "Approved" };
      const body = [{ op: "add", path: "/status", value: { conditions: [condition] } }];
      await custom.patchNamespacedCustomObjectStatus({ ...CUSTOM_RUNS, namespace, name, body }, JSON_PATCH);
      const [ended] = await operated.untilEnded(namespace);
      expect(ended!.status!.conditions![0]!.reason).toMatch(/^(Succeeded|Completed)$/);
      await autoscaled.untilNoNodes();
    },
    RUN_MILLISECONDS * 3,
  );
});
