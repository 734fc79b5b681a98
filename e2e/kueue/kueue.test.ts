/**
 * Beside a real Kueue, with its integrations of pods and StatefulSets. PipelineRuns are its jobs by a stand-in for tekton-kueue's
 * controller, on Kueue's own framework, and one for its webhook.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { MERGE_PATCH } from "../../capabilities/kube/json-patch";
import {
  GATED_BY_ANNOTATION,
  HELD_LABEL,
  HELD_SINCE_ANNOTATION,
  KUEUE_PREFIX,
  PLACEHOLDER_LABEL,
} from "../../capabilities/keys";
import { hasEnded, isPending, type PipelineRun } from "../../capabilities/tekton/objects";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { until } from "../../testbed/until";
import { installGate, installWebhook, queues } from "../edges/webhook";
import { after, chosen, cpu } from "../fit/fixture";
import {
  nap,
  optedIn,
  OWN_NODES,
  run,
  RUN_MILLISECONDS,
  START_MILLISECONDS,
  STOP_MILLISECONDS,
} from "../operated-cluster";
import { podsOf } from "../pods";
import { admittedAt, QUEUE, Queued } from "./fixture";

/** The word for a gate that is put on a placeholder all the same. */
const TOLD_MILLISECONDS = 60_000;

const ofKueue = (map: Record<string, unknown> | undefined): string[] =>
  Object.keys(map ?? {}).filter(key => key.startsWith(KUEUE_PREFIX) && key !== GATED_BY_ANNOTATION);

const reasonOf = ({ status }: PipelineRun) => status?.conditions?.[0]?.reason;

(OWN_NODES ? describe : describe.skip)("beside Kueue", () => {
  let queued: Queued;
  beforeAll(async () => {
    queued = await Queued.start("kueue");
  }, START_MILLISECONDS);
  afterAll(() => queued?.operated.stop(), STOP_MILLISECONDS);

  const placeholdersIn = (namespace: string): V1Pod[] =>
    queued.operated.history
      .all("pod", namespace)
      .map(({ object }) => object)
      .filter(isPlaceholderPod);

  test(
    "where every pod of the namespace is queued, placeholders are not: no label, no gate, none counted",
    async () => {
      const namespace = "all-pods";
      const { operated } = queued;
      await queued.createNamespace(namespace, "default", { runs: 0 });
      const tasks = [cpu("first", "500m", {}, 6), cpu("second", "500m", after("first"), 1)];
      await operated.apply(namespace, [run("build", tasks)]);
      const setsIn = () => operated.history.all("statefulSet", namespace).map(({ object }) => object);
      const [ended] = await operated.untilEnded(namespace);
      expect(reasonOf(ended!)).toBe("Succeeded");
      const placeholders = placeholdersIn(namespace);
      expect(placeholders.flatMap(({ spec }) => spec!.schedulingGates ?? [])).toEqual([]);
      expect(
        placeholders.flatMap(({ metadata }) => [
          ...ofKueue(metadata!.labels),
          ...(metadata!.finalizers ?? []),
        ]),
      ).toEqual([]);
      expect(setsIn().flatMap(({ metadata }) => ofKueue(metadata!.labels))).toEqual([]);
      // Its run's pods were queued, so Kueue had every chance; they alone are counted.
      const pods = podsOf(operated, namespace);
      expect(pods.map(({ metadata }) => metadata!.labels![QUEUE])).toEqual(["default", "default"]);
      const owners = (await queued.workloads(namespace)).flatMap(
        ({ metadata }) => metadata!.ownerReferences!,
      );
      expect(new Set(owners.map(({ uid }) => uid))).toEqual(
        new Set(pods.map(({ metadata }) => metadata!.uid)),
      );
      expect(await operated.warnings(namespace)).toEqual([]);
    },
    RUN_MILLISECONDS,
  );

  test(
    "there, a placeholder leaves a cordoned node: its template may be changed, and its run's pods alone are kept back",
    async () => {
      const namespace = "moves";
      const { operated } = queued;
      await queued.createNamespace(namespace, "default", { runs: 0, cpu: "0" });
      await operated.apply(namespace, [run("build", [cpu("only", "500m")])]);
      const nodes = () => placeholdersIn(namespace).flatMap(({ spec }) => spec!.nodeName ?? []);
      const name = await until("a node for the placeholder", TOLD_MILLISECONDS, async () => nodes()[0]);
      const { core } = operated.cluster.clients;
      await core.patchNode({ name, body: { spec: { unschedulable: true } } }, MERGE_PATCH);
      await until("it to move", TOLD_MILLISECONDS, async () => nodes().some(node => node !== name));
      const sets = () => operated.history.all("statefulSet", namespace).map(({ object }) => object);
      const templates = () => new Set(sets().map(({ spec }) => JSON.stringify(spec!.template)));
      await until("its template to be changed", TOLD_MILLISECONDS, async () => templates().size > 1);
      await queued.allow(namespace, "default", { runs: 0 });
      const [ended] = await operated.untilEnded(namespace);
      expect(reasonOf(ended!)).toBe("Succeeded");
      await core.patchNode({ name, body: { spec: { unschedulable: false } } }, MERGE_PATCH);
    },
    RUN_MILLISECONDS,
  );

  test.each([
    { namespace: "queue-before", webhook: "a-tekton-kueue", isOurs: false },
    { namespace: "queue-after", webhook: "tekton-kueue", isOurs: true },
  ])(
    "$namespace: runs are placed one after the other, each once Kueue has admitted it",
    async ({ namespace, webhook, isOurs }) => {
      const { operated } = queued;
      await queued.createNamespace(namespace, "builds", { runs: 1 });
      const remove = await installWebhook(operated, { name: webhook, namespace, change: queues });
      const names = ["one", "two", "three"];
      for (const name of names) await operated.createRun(namespace, run(name, [nap("only", 4)]));
      const made = await Promise.all(names.map(name => operated.readRun(namespace, name)));
      expect(made.map(({ metadata }) => metadata!.labels![QUEUE])).toEqual(["builds", "builds", "builds"]);
      const runs = await operated.untilEnded(namespace);
      expect(runs.map(reasonOf)).toEqual(["Succeeded", "Succeeded", "Succeeded"]);
      const statuses = operated.history.all("run", namespace).map(({ object }) => object.spec?.status ?? "");
      expect(new Set(statuses)).toEqual(new Set(["PipelineRunPending", ""]));
      if (isOurs) expect(made.every(({ metadata }) => metadata!.labels![HELD_LABEL] === "true")).toBe(true);
      const waits: string[] = [];
      for (const { metadata } of runs) {
        const is = ({ metadata: other }: { metadata?: { name?: string } }) => other?.name === metadata!.name;
        const admitted = admittedAt(await queued.workloadOf(metadata!.uid!, namespace));
        const set = operated.history.first("statefulSet", namespace, ({ metadata: of }) =>
          of!.ownerReferences!.some(({ uid }) => uid === metadata!.uid),
        )!;
        const placed = operated.history.first("run", namespace, other => is(other) && !isPending(other))!;
        expect(set.at).toBeGreaterThanOrEqual(admitted!);
        expect(placed.object.metadata!.labels![PLACEHOLDER_LABEL]).toBe(set.object.metadata!.name);
        waits.push(`${metadata!.name}: placed ${((placed.at - admitted!) / 1000).toFixed(1)} s after`);
      }
      console.log(`${namespace}, from Kueue's admission (whole seconds): ${waits.join(", ")}`);
      expect(await operated.warnings(namespace)).toEqual([]);
      await remove();
    },
    RUN_MILLISECONDS,
  );

  test(
    "a run that Kueue has no room for is left alone, and told; Kueue counts what the run states",
    async () => {
      const namespace = "no-room";
      const { operated } = queued;
      await queued.createNamespace(namespace, "builds", { runs: 10, cpu: "2" });
      const remove = await installWebhook(operated, { name: "tekton-kueue", namespace, change: queues });
      const stated = chosen({ requests: "cpu=3,memory=1Gi" });
      await operated.createRun(namespace, run("large", [nap("only")], { labels: optedIn, ...stated }));
      const workload = await until(
        "its Workload",
        RUN_MILLISECONDS,
        async () => (await queued.workloads(namespace))[0],
      );
      const [container] = workload.spec.podSets[0]!.template.spec.containers;
      expect(container!.resources!.requests).toEqual({
        cpu: "3",
        memory: "1Gi",
        "tekton.dev/pipelineruns": "1",
      });
      const told = await until("people to be told", TOLD_MILLISECONDS, async () => {
        const { items } = await operated.cluster.clients.core.listNamespacedEvent({ namespace });
        return items.find(({ reason }) => reason === "WaitsForQueue");
      });
      expect(told.type).toBe("Normal");
      expect(operated.history.all("statefulSet", namespace)).toEqual([]);
      await queued.allow(namespace, "builds", { runs: 10, cpu: "4" });
      const [ended] = await operated.untilEnded(namespace);
      expect(reasonOf(ended!)).toBe("Succeeded");
      const asked = placeholdersIn(namespace)[0]!.spec!.containers[0]!.resources!.requests;
      expect(asked).toMatchObject({ cpu: "3", memory: "1Gi" });
      await remove();
    },
    RUN_MILLISECONDS,
  );

  test(
    "a run that Kueue takes back while it is held ends as the queue says, and its placeholder goes; the next one has its turn",
    async () => {
      const namespace = "taken-back";
      const { operated } = queued;
      await queued.createNamespace(namespace, "builds", { runs: 1 });
      const remove = await installWebhook(operated, { name: "tekton-kueue", namespace, change: queues });
      const nowhere = { taskRunTemplate: { podTemplate: { nodeSelector: { "kubernetes.io/os": "plan9" } } } };
      const made = await operated.createRun(namespace, run("held", [nap("only")], {}, nowhere));
      await until(
        "its placeholder",
        TOLD_MILLISECONDS,
        async () => operated.history.all("statefulSet", namespace).length > 0,
      );
      const held = await operated.readRun(namespace, "held");
      expect([isPending(held), held.metadata!.annotations![HELD_SINCE_ANNOTATION]]).toEqual([
        true,
        expect.anything(),
      ]);
      expect(admittedAt(await queued.workloadOf(made.metadata!.uid!, namespace))).toBeDefined();
      await queued.allow(namespace, "builds", { runs: 1, stopPolicy: "HoldAndDrain" });
      const [ended] = await operated.untilEnded(namespace);
      expect(reasonOf(ended!)).toMatch(/Cancel|Stopped/);
      await operated.untilNoPlaceholder(namespace);
      expect(operated.history.nodesOfPods(namespace)).toEqual([]);
      await queued.allow(namespace, "builds", { runs: 1 });
      await operated.createRun(namespace, run("next", [nap("only")]));
      const next = await until("the next run to end", RUN_MILLISECONDS, async () => {
        const found = await operated.readRun(namespace, "next");
        return hasEnded(found) ? found : undefined;
      });
      expect(reasonOf(next)).toBe("Succeeded");
      await remove();
    },
    2 * RUN_MILLISECONDS,
  );

  test(
    "a gate that another controller puts on the placeholder is told within 60 s",
    async () => {
      const namespace = "gated";
      const { operated } = queued;
      await operated.createNamespace(namespace);
      const remove = await installGate(operated, { name: "zz-gates", namespace, gate: "example.com/gate" });
      const made = await operated.createRun(namespace, run("build", [nap("only")]));
      const since = Date.parse(String(made.metadata!.creationTimestamp));
      const warning = await until("a Warning", TOLD_MILLISECONDS, async () =>
        (await operated.warnings(namespace)).find(({ reason }) => reason === "PlaceholderGated"),
      );
      console.log(
        `a gated placeholder is told ${((Date.now() - since) / 1000).toFixed(0)} s after the run was created`,
      );
      expect(warning.message).toContain("(example.com/gate)");
      expect(hasEnded(await operated.readRun(namespace, "build"))).toBe(false);
      await remove();
    },
    RUN_MILLISECONDS,
  );
});
