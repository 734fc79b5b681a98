/** Strange pods, and policies that place Tekton's pods: a placeholder evicts nobody, and goes where they go. */
import { expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { PIPELINE_RUN_V1 } from "../../capabilities/tekton/objects";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { until } from "../../testbed/until";
import { installOnPods } from "../edges/webhook";
import { optedIn, run, RUN_MILLISECONDS } from "../operated-cluster";
import { after, cpu, type FitTests } from "./fixture";

/** Of pods with the label; `nowhere` is a pool without nodes. */
const sends =
  (label: string, pool: string) =>
  ({ metadata, spec }: V1Pod): object[] =>
    metadata?.labels?.[label] === undefined || spec?.nodeSelector?.["pool"] !== undefined
      ? []
      : [{ op: "add", path: "/spec/nodeSelector", value: { ...spec?.nodeSelector, pool } }];

const PROXY = { name: "proxy", image: "proxy" };
const injects = ({ spec }: V1Pod): object[] =>
  spec!.containers.some(({ name }) => name === PROXY.name)
    ? []
    : [{ op: "add", path: "/spec/containers/0", value: PROXY }];

const injectsLast = (pod: V1Pod): object[] =>
  injects(pod).map(patch => ({ ...patch, path: "/spec/containers/-" }));

const MIRROR = "mirror.example.com/";
const mirrors = ({ spec }: V1Pod): object[] =>
  spec!.containers.flatMap(({ image }, index) =>
    image!.startsWith(MIRROR)
      ? []
      : [{ op: "replace", path: `/spec/containers/${index}/image`, value: MIRROR + image }],
  );

const MANAGED_BY = { "app.kubernetes.io/managed-by": "tekton-pipelines" };
/** Pods of runs have it, and placeholders have not. */
const TASK_RUN = "tekton.dev/taskRun";
/** After the run's first pod was made. */
const TOLD_MILLISECONDS = 60_000;

export const neighbourTests: FitTests = fit => {
  test(
    "a strange pod of lower priority stays, and the run of higher priority waits for a node of its own",
    async () => {
      const { operated } = fit();
      const { clients } = operated.cluster;
      await clients.scheduling.createPriorityClass({ body: { metadata: { name: "urgent" }, value: 1000 } });
      await operated.createNamespace("evicts-nobody");
      await operated.createNamespace("evicts-nobody-others");
      await fit().node("evicts-nobody-full", "4");
      await fit().stranger("evicts-nobody-others", "stranger", "evicts-nobody-full", "3", true);
      const urgent = { taskRunTemplate: { podTemplate: { priorityClassName: "urgent" } } };
      await operated.createRun("evicts-nobody", run("urgent", [cpu("build", "3")], {}, urgent));
      const waiting = await until("the scheduler to have looked", RUN_MILLISECONDS, async () =>
        operated.history
          .now("pod", "evicts-nobody")
          .find(
            pod =>
              isPlaceholderPod(pod) &&
              pod.status?.conditions?.some(({ reason }) => reason === "Unschedulable"),
          ),
      );
      expect(waiting.spec).toMatchObject({ priority: 1000, preemptionPolicy: "Never" });
      // Preemption would be at once: the scheduler names the node in the same attempt.
      expect(waiting.status?.nominatedNodeName ?? "").toBe("");
      await fit().node("evicts-nobody-free", "4");
      expect(await fit().ended("evicts-nobody")).toEqual(["Succeeded"]);
      expect(fit().nodes("evicts-nobody")).toEqual(["evicts-nobody-free"]);
      const strangers = operated.history
        .all("pod", "evicts-nobody-others")
        .filter(({ object }) => object.metadata!.name === "stranger");
      expect(
        strangers.some(({ type, object }) => type === "DELETED" || object.metadata!.deletionTimestamp),
      ).toBe(false);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "a policy sends Tekton's pods to some nodes, another injects a proxy first: the placeholder goes there and works",
    async () => {
      const { operated } = fit();
      const namespace = "sent-elsewhere";
      // Its own account may not make a pod with a second container: it leaves that to the StatefulSets' controller.
      operated.mayBeDenied = ({ verb, resource }) => verb === "create" && resource === "pods";
      await operated.createNamespace(namespace);
      await fit().node("sent-general", "32");
      await fit().node("sent-build", "8", { labels: { pool: "build" } });
      const key = Object.keys(MANAGED_BY)[0]!;
      const webhook = { namespace, labels: MANAGED_BY };
      const removals = [
        await installOnPods(operated, { ...webhook, name: "injects-a-proxy", change: injects }),
        await installOnPods(operated, { ...webhook, name: "sends-away", change: sends(key, "build") }),
      ];
      await operated.apply(namespace, [
        { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "builder" } },
      ]);
      const labels = { ...optedIn, "eks.amazonaws.com/fargate-profile": "builds", team: "ci" };
      const spec = { taskRunTemplate: { serviceAccountName: "builder" } };
      await operated.createRun(namespace, run("sent", [cpu("build", "2")], { labels }, spec));
      expect(await fit().ended(namespace)).toEqual(["Succeeded"]);
      expect(fit().nodes(namespace)).toEqual(["sent-build"]);
      const placeholder = operated.history
        .all("pod", namespace)
        .find(({ object }) => isPlaceholderPod(object))!.object;
      expect(placeholder.spec).toMatchObject({
        serviceAccountName: "builder",
        nodeSelector: { pool: "build" },
      });
      expect(placeholder.spec!.containers.map(({ name }) => name)).toEqual(["proxy", "placeholder"]);
      expect(placeholder.metadata!.labels).toMatchObject({ "eks.amazonaws.com/fargate-profile": "builds" });
      expect(placeholder.metadata!.labels).not.toHaveProperty("team");
      expect(placeholder.metadata!.annotations).toMatchObject({ "linkerd.io/inject": "disabled" });
      for (const remove of removals) await remove();
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "a mesh injects its proxy last, whatever the annotations say: the room is handed over all the same",
    async () => {
      const { operated } = fit();
      const namespace = "meshed";
      operated.mayBeDenied = ({ verb, resource }) => verb === "create" && resource === "pods";
      await operated.createNamespace(namespace);
      await fit().node("meshed", "4");
      const remove = await installOnPods(operated, { name: "injects-last", namespace, change: injectsLast });
      await operated.apply(namespace, [run("meshed", [cpu("one", "1"), cpu("two", "3", after("one"))])]);
      expect(await fit().ended(namespace)).toEqual(["Succeeded"]);
      const placeholders = operated.history
        .all("pod", namespace)
        .filter(({ object }) => isPlaceholderPod(object));
      const names = placeholders[0]!.object.spec!.containers.map(({ name }) => name);
      expect(names).toEqual(["placeholder", PROXY.name]);
      expect(fit().asked(namespace)).toEqual(["3", "2", "10m"]);
      await remove();
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "a policy has all images pulled from a mirror: the placeholder's too, and it works",
    async () => {
      const { operated } = fit();
      const namespace = "mirrored";
      // Its own account may not make a pod of that image: it leaves that to the StatefulSets' controller.
      operated.mayBeDenied = ({ verb, resource }) => verb === "create" && resource === "pods";
      await operated.createNamespace(namespace);
      await fit().node("mirrored", "8");
      const remove = await installOnPods(operated, { name: "mirrors", namespace, change: mirrors });
      await operated.apply(namespace, [run("builds", [cpu("build", "1")])]);
      expect(await fit().ended(namespace)).toEqual(["Succeeded"]);
      const pods = operated.history.all("pod", namespace).map(({ object }) => object);
      expect(pods.some(isPlaceholderPod)).toBe(true);
      expect(pods.flatMap(mirrors)).toEqual([]);
      await remove();
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "a policy that sends the run's pods alone to some nodes: all of it goes there",
    async () => {
      const { operated } = fit();
      const namespace = "sent-alone";
      await operated.createNamespace(namespace);
      await fit().node("alone-general", "32");
      await fit().node("alone-build", "8", { labels: { pool: "build" } });
      const change = sends(TASK_RUN, "build");
      const webhook = { name: "sends-pods", namespace, change, labels: { [TASK_RUN]: "probe" } };
      const remove = await installOnPods(operated, webhook);
      await operated.apply(namespace, [run("sent", [cpu("build", "1"), cpu("test", "1", after("build"))])]);
      expect(await fit().ended(namespace)).toEqual(["Succeeded"]);
      expect(fit().nodes(namespace)).toEqual(["alone-build"]);
      await remove();
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "and one that sends them where no node is ends in a Warning",
    async () => {
      const { operated } = fit();
      const namespace = "sent-nowhere";
      await operated.createNamespace(namespace);
      for (const name of ["nowhere-1", "nowhere-2"]) await fit().node(name, "32");
      const change = sends(TASK_RUN, "nowhere");
      const webhook = { name: "sends-nowhere", namespace, change, labels: { [TASK_RUN]: "probe" } };
      const remove = await installOnPods(operated, webhook);
      await operated.apply(namespace, [run("sent", [cpu("build", "1")])]);
      const isOfRun = ({ metadata }: V1Pod): boolean => metadata?.labels?.[TASK_RUN] !== undefined;
      const { at } = await until("its pod", RUN_MILLISECONDS, async () =>
        operated.history.first("pod", namespace, isOfRun),
      );
      const { message } = await until("a Warning", TOLD_MILLISECONDS, async () => {
        const [warning] = await operated.warnings(namespace);
        return warning;
      });
      console.info(`pods that go nowhere are told after ${((Date.now() - at) / 1000).toFixed(0)} s`);
      expect(message).toMatch(/node selector|affinity/);
      expect(Date.now() - at).toBeLessThan(TOLD_MILLISECONDS);
      await remove();
      const which = { ...PIPELINE_RUN_V1, namespace, name: "sent" };
      await operated.cluster.clients.custom.deleteNamespacedCustomObject(which);
      await operated.untilNoPlaceholder(namespace);
    },
    RUN_MILLISECONDS * 2,
  );
};
