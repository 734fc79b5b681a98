/** What is not known of a run in advance: approvals, and what resolvers bring. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { JSON_PATCH } from "../capabilities/kube/json-patch";
import { isPlaceholderPod } from "../capabilities/tekton/placeholder-pod";
import { until } from "../testbed/until";
import { after, cpu, Fit } from "./fit/fixture";
import {
  OperatedCluster,
  OWN_NODES,
  RUN_MILLISECONDS,
  START_MILLISECONDS,
  STOP_MILLISECONDS,
  run,
} from "./operated-cluster";

const CUSTOM_RUNS = { group: "tekton.dev", version: "v1beta1", plural: "customruns" };
const TOOLS = "unknown-tools";

const pipeline = (name: string, tasks: object[]) => ({
  apiVersion: "tekton.dev/v1",
  kind: "Pipeline",
  metadata: { name },
  spec: { tasks },
});
const task = (name: string, amount: string, seconds: number) => {
  const { metadata, ...spec } = cpu(name, amount, {}, seconds).taskSpec;
  return { apiVersion: "tekton.dev/v1", kind: "Task", metadata: { name, ...metadata }, spec };
};
const by = (resolver: string, kind: "task" | "pipeline", name: string) => ({
  resolver,
  params: Object.entries({ kind, name, namespace: TOOLS }).map(([key, value]) => ({ name: key, value })),
});
/** A run whose pipeline the resolver brings. */
const resolvedRun = (name: string, resolver: string) =>
  run(name, [], {}, { pipelineSpec: undefined, pipelineRef: by(resolver, "pipeline", name) });

(OWN_NODES ? describe : describe.skip)("what is not known in advance", () => {
  let fit: Fit;

  beforeAll(async () => {
    fit = new Fit(await OperatedCluster.start("unknown", 0));
    await fit.operated.createNamespace(TOOLS);
    await fit.operated.apply(TOOLS, [
      pipeline("grows", [cpu("first", "1", {}, 6), cpu("wide", "4", after("first"))]),
      pipeline("moves", [cpu("first", "3"), cpu("second", "1", after("first"))]),
      pipeline("read", [cpu("first", "1"), cpu("wide", "4", after("first"))]),
      task("heavy", "1500m", 8),
    ]);
  }, START_MILLISECONDS);
  afterAll(() => fit?.operated.stop(), STOP_MILLISECONDS);
  afterEach(() => fit.removeNodes(), RUN_MILLISECONDS);

  /** As the controller of an approval would. */
  async function approve(namespace: string, name: string): Promise<void> {
    const { custom } = fit.operated.cluster.clients;
    await until("the approval to be asked for", RUN_MILLISECONDS, async () => {
      const { items } = (await custom.listNamespacedCustomObject({ ...CUSTOM_RUNS, namespace })) as {
        items: { metadata: { name: string } }[];
      };
      return items.some(({ metadata }) => metadata.name === name);
    });
    const condition = { type: "Succeeded", status: "True", reason: "Approved" };
    const body = [{ op: "add", path: "/status", value: { conditions: [condition] } }];
    await custom.patchNamespacedCustomObjectStatus({ ...CUSTOM_RUNS, namespace, name, body }, JSON_PATCH);
  }

  /** The cpu that the placeholder asks for now. */
  const asks = (namespace: string) =>
    fit.operated.history.now("pod", namespace).find(isPlaceholderPod)?.spec!.containers[0]!.resources!
      .requests!["cpu"];

  test(
    "an approval makes no pod, and the task after it has its room in its turn",
    async () => {
      const namespace = "approval";
      await fit.operated.createNamespace(namespace);
      await fit.node("approval-4", "4");
      const approval = { taskRef: { apiVersion: "example.dev/v1alpha1", kind: "ApprovalTask" } };
      const tasks = [
        cpu("build", "3"),
        cpu("tests", "3600m", after("build")),
        { name: "approval", ...approval, ...after("build") },
        cpu("deploy", "500m", after("tests", "approval")),
      ];
      await fit.operated.apply(namespace, [run("approved", tasks)]);
      await until("the tests to have ended", RUN_MILLISECONDS, async () => asks(namespace) === "500m");
      await approve(namespace, "approved-approval");
      expect(await fit.ended(namespace)).toEqual(["Succeeded"]);
      expect(fit.nodes(namespace)).toEqual(["approval-4"]);
      expect(fit.asked(namespace)).toEqual(["3600m", "600m", "10m", "500m", "10m"]);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "a pipeline that the resolver cluster brings is known in advance",
    async () => {
      const namespace = "read";
      await fit.operated.createNamespace(namespace);
      await fit.node("read-8", "8");
      await fit.operated.apply(namespace, [resolvedRun("read", "cluster")]);
      expect(await fit.ended(namespace)).toEqual(["Succeeded"]);
      expect(fit.asked(namespace)[0]).toBe("4");
      expect(await fit.toldOfRoom(namespace)).toMatch(/cpu 4.*wide/);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "one that another resolver brings is counted when it is known, and its placeholder grows",
    async () => {
      const namespace = "grows";
      await fit.operated.createNamespace(namespace);
      await fit.node("grows-8", "8");
      await fit.operated.apply(namespace, [resolvedRun("grows", "hub")]);
      await until("the placeholder to grow", RUN_MILLISECONDS, async () => asks(namespace) === "3");
      expect(await fit.told(namespace, "ReservedAgain")).toMatch(/\(pipeline\).*cpu 4.*wide/);
      expect(await fit.ended(namespace)).toEqual(["Succeeded"]);
      expect(fit.asked(namespace)[0]).toBe("500m");
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "a task that asks for more than was thought is told of where its node has no room for what comes beside it",
    async () => {
      const namespace = "told";
      await fit.operated.createNamespace(namespace);
      await fit.node("told-2", "2");
      const tasks = [
        { name: "heavy", taskRef: by("hub", "task", "heavy") },
        cpu("short", "100m", {}, 3),
        cpu("beside", "1", after("short")),
      ];
      await fit.operated.apply(namespace, [run("told", tasks)]);
      expect(await fit.told(namespace, "NoRoomToGrow")).toMatch(/needs cpu 2500m.*told-2/);
      expect(await fit.ended(namespace)).toEqual(["Succeeded"]);
      expect(fit.asked(namespace)[0]).toBe("1500m");
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "one whose first pod has no room goes where there is",
    async () => {
      const namespace = "moves";
      await fit.operated.createNamespace(namespace);
      await fit.node("moves-2", "2");
      await fit.operated.apply(namespace, [resolvedRun("moves", "hub")]);
      await until("its placeholder to be on the small node", RUN_MILLISECONDS, async () =>
        fit.operated.history
          .now("pod", namespace)
          .some(pod => isPlaceholderPod(pod) && pod.spec?.nodeName === "moves-2"),
      );
      await fit.node("moves-8", "8");
      expect(await fit.ended(namespace)).toEqual(["Succeeded"]);
      expect(fit.nodes(namespace)).toEqual(["moves-8"]);
    },
    RUN_MILLISECONDS * 2,
  );
});
