/** The controller dies, and a placeholder is lost, at the worst moments; and what it sees through its watches is late. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { readAfresh } from "../capabilities/controller/read-afresh";
import { Cluster } from "../capabilities/kube/cluster";
import { JSON_PATCH } from "../capabilities/kube/json-patch";
import { placeholderName, placeholderPodName } from "../capabilities/placement/names";
import { compare } from "../capabilities/store/compare";
import { Store } from "../capabilities/store/store";
import { hasEnded, isPending } from "../capabilities/tekton/objects";
import type { RunKey } from "../capabilities/tekton/run-key";
import { loggedFaults } from "../testbed/logged-faults";
import { applyObjects } from "../testbed/manifests";
import { addNode, removeNode } from "../testbed/nodes";
import { until } from "../testbed/until";
import { cpu } from "./fit/fixture";
import { approve, gate, untilGate } from "./gate";
import {
  nap,
  OperatedCluster,
  OWN_NODES,
  run,
  RUN_MILLISECONDS,
  START_MILLISECONDS,
  STOP_MILLISECONDS,
} from "./operated-cluster";
import { endPods, podsOf } from "./pods";

let operated: OperatedCluster;
/** One node: a second run has to wait until there is another. */
beforeAll(async () => {
  operated = await OperatedCluster.start("faults", 1, {
    watchLag: { seed: 1, longestMilliseconds: 3_000 },
  });
}, START_MILLISECONDS);
afterAll(() => operated?.stop(), STOP_MILLISECONDS);

const bound = (namespace: string, run: string) =>
  until(`the placeholder of ${run} to be bound`, RUN_MILLISECONDS, async () => {
    const pods = operated.history.now("pod", namespace);
    return pods.find(pod => pod.metadata?.name === placeholderPodName(run) && pod.spec?.nodeName);
  });

(OWN_NODES ? test : test.skip)(
  "where there are no runs yet, nothing differs from what was told",
  async () => {
    const cluster = new Cluster(operated.cluster.clients, "tekton-pipelines");
    const different: RunKey[] = [];
    await compare(cluster, new Store(() => {}), run => different.push(run));
    expect(different).toEqual([]);
    expect(await cluster.surroundings.countPodsOn("node-1")).toBe(0);
  },
);

(OWN_NODES ? test : test.skip)(
  "of a run under way nothing differs, whatever has become of its StatefulSet besides what decisions ask for",
  async () => {
    const namespace = "compared";
    const key = { namespace, name: "under-way" };
    const { clients } = operated.cluster;
    const cluster = new Cluster(clients, "tekton-pipelines");
    await operated.createNamespace(namespace);
    await operated.createRun(namespace, run(key.name, [nap("long", 600)]));
    await until("its task to run", RUN_MILLISECONDS, async () =>
      podsOf(operated, namespace).some(({ status }) => status?.phase === "Running"),
    );
    // What changes of run and pods while this looks differs, rightly.
    await until("nothing to differ", RUN_MILLISECONDS, async () => {
      const store = new Store(() => {});
      await readAfresh(key, cluster, store);
      const path = "/metadata/annotations/example.com~1looked-at";
      const body = [{ op: "add", path, value: new Date().toISOString() }];
      const name = placeholderName(key.name);
      await clients.apps.patchNamespacedStatefulSet({ namespace, name, body }, JSON_PATCH);
      const different: RunKey[] = [];
      await compare(cluster, store, run => different.push(run));
      return different.length === 0;
    });
    await endPods(operated, podsOf(operated, namespace));
    await operated.untilEnded(namespace);
    await operated.untilNoPlaceholder(namespace);
  },
  3 * RUN_MILLISECONDS,
);

(OWN_NODES ? test : test.skip)(
  "a controller that is killed between placeholder and release goes on when it is started again",
  async () => {
    const namespace = "killed";
    await operated.createNamespace(namespace);
    await operated.createRun(namespace, run("first", [nap("long", 600)]));
    await bound(namespace, "first");
    // What the controller sees is late: it lets the first run go only by and by.
    await until("the task of the first run to run", RUN_MILLISECONDS, async () =>
      podsOf(operated, namespace).some(({ status }) => status?.phase === "Running"),
    );
    await operated.createRun(namespace, run("second", [nap("short")]));
    await until("the second placeholder to wait", RUN_MILLISECONDS, async () =>
      operated.history.now("pod", namespace).some(pod => pod.metadata?.name === placeholderPodName("second")),
    );
    await operated.operator.stop("controller", "SIGKILL");
    await addNode(operated.cluster.clients, { name: "node-2" });
    await bound(namespace, "second");
    // With the controller down nothing lets it go.
    expect(isPending(await operated.readRun(namespace, "second"))).toBe(true);
    await operated.operator.start("controller");
    await endPods(operated, podsOf(operated, namespace));
    const runs = await operated.untilEnded(namespace);
    expect(runs.map(({ status }) => status?.conditions?.[0]?.reason)).toEqual(["Succeeded", "Succeeded"]);
    await operated.untilNoPlaceholder(namespace);
    expect(operated.history.sharedNodes()).toEqual([]);
  },
  3 * RUN_MILLISECONDS,
);

test(
  "a placeholder that is deleted while pods are active, the controller down, does not split its run",
  async () => {
    const namespace = "lost";
    await operated.createNamespace(namespace);
    // The node of the run is not the emptiest, so only affinity can bring the placeholder back to it.
    const tasks = [nap("early", 600), nap("late", 1, { runAfter: ["early"] })];
    await operated.createRun(namespace, run("split-me", tasks));
    const before = await bound(namespace, "split-me");
    await until("the first task to run", RUN_MILLISECONDS, async () =>
      podsOf(operated, namespace).some(({ status }) => status?.phase === "Running"),
    );
    await operated.operator.stop("controller", "SIGKILL");
    for (let turn = 0; turn < 3; turn++) {
      const { name, uid } = (await bound(namespace, "split-me")).metadata!;
      await operated.cluster.clients.core.deleteNamespacedPod({ namespace, name: name! });
      await until("the placeholder to be made again", RUN_MILLISECONDS, async () => {
        const pods = operated.history.now("pod", namespace);
        return pods.some(
          pod => pod.metadata?.name === name && pod.metadata?.uid !== uid && pod.spec?.nodeName,
        );
      });
    }
    await endPods(operated, podsOf(operated, namespace));
    const [ended] = await until("the run to end", RUN_MILLISECONDS, async () => {
      const runs = operated.history.now("run", namespace).filter(hasEnded);
      return runs.length > 0 ? runs : undefined;
    });
    expect(ended?.status?.conditions?.[0]?.reason).toBe("Succeeded");
    const nodes = operated.history.all("pod", namespace).flatMap(({ object }) => object.spec?.nodeName ?? []);
    expect([...new Set(nodes)]).toEqual([before.spec!.nodeName]);
    await operated.operator.start("controller");
    await operated.untilNoPlaceholder(namespace, RUN_MILLISECONDS);
  },
  3 * RUN_MILLISECONDS,
);

const CLASS = "by-hand";
const GIB = { storage: "1Gi" };
/** A class whose volumes somebody has made, and one of them, in a zone. */
const volumesIn = (zone: string): object[] => [
  {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: CLASS },
    provisioner: "kubernetes.io/no-provisioner",
    volumeBindingMode: "WaitForFirstConsumer",
  },
  {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `of-${zone}` },
    spec: {
      capacity: GIB,
      accessModes: ["ReadWriteOnce"],
      storageClassName: CLASS,
      local: { path: "/data" },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: "topology.kubernetes.io/zone", operator: "In", values: [zone] }] },
          ],
        },
      },
    },
  },
];

(OWN_NODES ? test : test.skip)(
  "a placeholder whose node is deleted, the controller down, goes where the volume is that was made for its run",
  async () => {
    const namespace = "follows-volume";
    const labels = { of: namespace };
    const { clients, kubeconfigFile } = operated.cluster;
    await operated.createNamespace(namespace);
    await applyObjects(kubeconfigFile, volumesIn("zone-b"));
    await addNode(clients, { name: "volume-b1", zone: "zone-b", labels });
    const workspaces = [{ name: "data" }];
    const uses = (name: string, extra: object = {}) => {
      const task = cpu(name, "100m", { ...extra, workspaces });
      return { ...task, taskSpec: { ...task.taskSpec, workspaces } };
    };
    const tasks = [uses("first"), { ...gate, runAfter: ["first"] }, uses("last", { runAfter: ["gate"] })];
    const claim = { storageClassName: CLASS, accessModes: ["ReadWriteOnce"], resources: { requests: GIB } };
    const spec = {
      workspaces: [{ name: "data", volumeClaimTemplate: { spec: claim } }],
      pipelineSpec: { workspaces, tasks },
      taskRunTemplate: { podTemplate: { nodeSelector: labels } },
    };
    await operated.createRun(namespace, run("build", [], {}, spec));
    await untilGate(operated, namespace);
    const before = await bound(namespace, "build");
    expect(before.spec!.nodeName).toBe("volume-b1");
    await until("its volume's place in the placeholder's template", RUN_MILLISECONDS, async () =>
      operated.history
        .now("statefulSet", namespace)
        .some(({ spec: made }) => JSON.stringify(made!.template.spec!.affinity).includes("zone-b")),
    );
    await operated.operator.stop("controller", "SIGKILL");
    await addNode(clients, { name: "volume-a", zone: "zone-a", cpu: "64", labels });
    await removeNode(clients, "volume-b1");
    await until("the placeholder to be made again", RUN_MILLISECONDS, async () =>
      operated.history
        .now("pod", namespace)
        .some(
          ({ metadata, status }) =>
            metadata?.name === placeholderPodName("build") &&
            metadata.uid !== before.metadata!.uid &&
            status?.conditions?.some(({ reason }) => reason === "Unschedulable"),
        ),
    );
    await addNode(clients, { name: "volume-b2", zone: "zone-b", labels });
    const after = await bound(namespace, "build");
    expect(after.spec!.nodeName).toBe("volume-b2");
    await operated.operator.start("controller");
    await approve(operated, namespace, "build");
    const [ended] = await operated.untilEnded(namespace);
    expect(ended?.status?.conditions?.[0]?.reason).toMatch(/^(Succeeded|Completed)$/);
    await operated.untilNoPlaceholder(namespace);
  },
  4 * RUN_MILLISECONDS,
);

(OWN_NODES ? test : test.skip)("through all of this no code of the operator has failed", async () => {
  expect(await loggedFaults(operated.cluster)).toEqual([]);
});
