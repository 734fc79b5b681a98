/** The operator's own pods in real containers: what the chart renders is what a kubelet runs. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { CoordinationV1Api, type V1Pod } from "@kubernetes/client-node";
import { isHeldByUs, type PipelineRun } from "../../capabilities/tekton/objects";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { DOCS } from "../../scripts/tables";
import { EVIDENCE_ROOT } from "../../testbed/evidence";
import type { Installation } from "../../testbed/installation";
import { readKubeConfig } from "../../testbed/kubeconfig";
import { OPERATOR_NAMESPACE, RELEASE } from "../../testbed/operator-names";
import { freeServiceRange } from "../../testbed/real-node/network";
import { ON_REAL_NODE, REAL_NODE, startRealNode } from "../../testbed/real-node/node";
import { installOnRealNode } from "../../testbed/real-node/operator";
import { until } from "../../testbed/until";
import { after, cpu } from "../fit/fixture";
import { OperatedCluster, run, START_MILLISECONDS, STOP_MILLISECONDS } from "../operated-cluster";
import { execIn, kernelStatus, saidBy } from "./containers";
import { describeLong, TEST_MILLISECONDS } from "./on-real-node";
import { operatorPage, type Shown } from "./operator-page";
import { tracesOf } from "./traces";

const COMPONENTS = ["admission", "controller"];
/** In docs/; what it should say is written to the directory of the evidence, to be copied from there. */
const PAGE = "operator-pods.md";
const WRITES = ["/x", "/tmp/x"];
const MEBIBYTE = 1024 * 1024;
const spec = { taskRunTemplate: { podTemplate: ON_REAL_NODE } };

describeLong("the operator's pods in containers", () => {
  let operated: OperatedCluster;
  let installation: Installation;

  beforeAll(async () => {
    const options = { name: "operator-pods", serviceRange: freeServiceRange() };
    operated = await OperatedCluster.startWithout(options, 1);
    await startRealNode(operated.cluster);
    installation = await installOnRealNode(operated.cluster);
  }, START_MILLISECONDS);

  afterAll(async () => {
    if (operated === undefined) return;
    await operated.stop();
    expect(tracesOf(operated.cluster.directory)).toEqual([]);
  }, STOP_MILLISECONDS);

  const pods = (): V1Pod[] => operated.history.now("pod", OPERATOR_NAMESPACE);
  const isReady = ({ status }: V1Pod) =>
    status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
  const podsOf = (component: string) =>
    pods().filter(pod => pod.spec!.containers[0]!.name === component && isReady(pod));
  const isSucceeded = ({ status }: PipelineRun) => status?.conditions?.[0]?.status === "True";

  test("are ready by their own probes, in a namespace that enforces `restricted`", async () => {
    const name = OPERATOR_NAMESPACE;
    const { metadata } = await operated.cluster.clients.core.readNamespace({ name });
    expect(metadata!.labels).toMatchObject({ "pod-security.kubernetes.io/enforce": "restricted" });
    const found = pods().map(pod => ({
      component: pod.spec!.containers[0]!.name,
      node: pod.spec!.nodeName,
      isReady: isReady(pod),
      restarts: pod.status!.containerStatuses![0]!.restartCount,
    }));
    const expected = (component: string) => ({ component, node: REAL_NODE, isReady: true, restarts: 0 });
    expect(found.map(({ component }) => component).sort()).toEqual([
      ...["admission", "admission"],
      ...["controller", "controller"],
    ]);
    for (const pod of found) expect(pod).toEqual(expected(pod.component));
  });

  test.each(COMPONENTS)(
    "a container of %s is as confined as the chart says",
    async component => {
      const { cluster } = operated;
      const [pod] = podsOf(component);
      const status = await kernelStatus(cluster, pod!);
      const ids = (id: string) => Array.from({ length: 4 }, () => id).join("\t");
      const nothing = "0".repeat(16);
      expect(status).toMatchObject({
        Name: "node",
        Uid: ids("65532"),
        Gid: ids("65532"),
        ...{ CapInh: nothing, CapPrm: nothing, CapEff: nothing, CapBnd: nothing, CapAmb: nothing },
        NoNewPrivs: "1",
        // Of a filter, as RuntimeDefault is.
        Seccomp: "2",
      });
      for (const path of ["/x", "/app/x", "/tmp/x", "/app/load/x"])
        await expect(execIn(cluster, pod!, "touch", path)).rejects.toThrow(/Read-only file system/);
      const heap = await execIn(cluster, pod!, "node", "-p", "v8.getHeapStatistics().heap_size_limit");
      const { memory } = pod!.spec!.containers[0]!.resources!.limits!;
      expect(memory).toBe("512Mi");
      expect(Number(heap)).toBeLessThan(300 * MEBIBYTE);
    },
    TEST_MILLISECONDS,
  );

  test(
    "are what docs/operator-pods.md shows",
    async () => {
      const { cluster } = operated;
      const shown = COMPONENTS.map(async (component): Promise<Shown> => {
        const [pod] = podsOf(component);
        const target = ["-n", OPERATOR_NAMESPACE, `deploy/${RELEASE}-${component}`];
        const commands = WRITES.map(async path => {
          const args = ["exec", ...target, "--", "touch", path];
          return { line: `kubectl ${args.join(" ")}`, said: await saidBy(cluster, ...args) };
        });
        const kernel = await kernelStatus(cluster, pod!);
        return { component, pod: pod!, kernel, commands: await Promise.all(commands) };
      });
      const page = operatorPage(await Promise.all(shown));
      await mkdir(EVIDENCE_ROOT, { recursive: true });
      await writeFile(join(EVIDENCE_ROOT, PAGE), page);
      expect(await readFile(join(DOCS, PAGE), "utf8")).toBe(page);
    },
    TEST_MILLISECONDS,
  );

  test(
    "hold, place and release a run",
    async () => {
      const namespace = "in-containers";
      await operated.createNamespace(namespace);
      const tasks = [cpu("first", "300m"), cpu("last", "300m", after("first"))];
      await operated.apply(namespace, [run("build", tasks, {}, spec)]);
      const runs = await operated.untilEnded(namespace, TEST_MILLISECONDS);
      expect(runs.map(isSucceeded)).toEqual([true]);
      expect(operated.history.first("run", namespace, isHeldByUs)).toBeDefined();
      const changes = operated.history.all("pod", namespace).map(({ object }) => object);
      const placeholder = changes.find(pod => isPlaceholderPod(pod) && pod.status?.phase === "Running");
      expect(placeholder?.spec?.nodeName).toBe(REAL_NODE);
      expect(operated.history.nodesOfPods(namespace)).toEqual([REAL_NODE]);
      await operated.untilNoPlaceholder(namespace);
    },
    TEST_MILLISECONDS,
  );

  /** How the container of a pod that was deleted has ended, and how long that took. */
  async function endOf(pod: V1Pod): Promise<{ exitCode: number; milliseconds: number }> {
    const { uid, name } = pod.metadata!;
    const start = Date.now();
    return until(`${name} to end`, TEST_MILLISECONDS, async () => {
      const ends = operated.history
        .all("pod", OPERATOR_NAMESPACE)
        .filter(({ object }) => object.metadata!.uid === uid)
        .flatMap(({ object }) => object.status?.containerStatuses?.[0]?.state?.terminated ?? []);
      return ends[0] && { exitCode: ends[0].exitCode, milliseconds: Date.now() - start };
    });
  }

  async function leader(): Promise<V1Pod> {
    const leases = readKubeConfig(operated.cluster.kubeconfigFile).makeApiClient(CoordinationV1Api);
    return until("a leader", TEST_MILLISECONDS, async () => {
      const { items } = await leases.listNamespacedLease({ namespace: OPERATOR_NAMESPACE });
      const holders = items.map(({ spec: lease }) => lease?.holderIdentity?.split("_")[0]);
      return podsOf("controller").find(({ metadata }) => holders.includes(metadata!.name));
    });
  }

  test(
    "end at SIGTERM, long before their grace is over, and others take over",
    async () => {
      const namespace = "taken-over";
      await operated.createNamespace(namespace);
      const victims = [await leader(), podsOf("admission")[0]!];
      const ends = await Promise.all(
        victims.map(async pod => {
          const { name } = pod.metadata!;
          await operated.cluster.clients.core.deleteNamespacedPod({
            namespace: OPERATOR_NAMESPACE,
            name: name!,
          });
          return endOf(pod);
        }),
      );
      for (const { exitCode, milliseconds } of ends) {
        expect(exitCode).toBe(0);
        expect(milliseconds).toBeLessThan(25_000);
      }
      await operated.apply(namespace, [run("build", [cpu("only", "300m")], {}, spec)]);
      expect((await operated.untilEnded(namespace, TEST_MILLISECONDS)).map(isSucceeded)).toEqual([true]);
      expect(operated.history.first("run", namespace, isHeldByUs)).toBeDefined();
    },
    2 * TEST_MILLISECONDS,
  );

  /** Pods of Jobs that were seen: the hook's own deletion takes them away. */
  const jobPods = (container: string): V1Pod[] =>
    operated.history
      .all("pod", OPERATOR_NAMESPACE)
      .map(({ object }) => object)
      .filter(pod => pod.spec!.containers[0]!.name === container && pod.status?.phase === "Succeeded");

  test(
    "helm test runs in a container as well",
    async () => {
      await installation.helm("test", "--timeout", "90s");
      expect(jobPods("test")[0]?.spec?.nodeName).toBe(REAL_NODE);
    },
    TEST_MILLISECONDS,
  );

  test(
    "helm uninstall frees what is held, by a Job in a container",
    async () => {
      const namespace = "left";
      await operated.createNamespace(namespace);
      // More than this machine has.
      const large = "64";
      await operated.apply(namespace, [run("build", [cpu("only", large)], {}, spec)]);
      await until("the run to be held", TEST_MILLISECONDS, async () =>
        operated.history.now("run", namespace).some(isHeldByUs),
      );
      operated.mayBeDenied = ({ resource }) => resource === "leases";
      await installation.helm("uninstall", "--wait", "--timeout", "100s");
      expect(jobPods("uninstall")[0]?.spec?.nodeName).toBe(REAL_NODE);
      expect(operated.history.now("run", namespace).filter(isHeldByUs)).toEqual([]);
      await until("its pods to go", TEST_MILLISECONDS, async () => pods().length === 0);
    },
    TEST_MILLISECONDS,
  );
});
