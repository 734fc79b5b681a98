/**
 * What people can and cannot do while nothing of the operator runs. With more creations:
 *
 *   DOWN_CREATIONS=200 npx jest e2e/chart.test -t 'every process down'
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { MERGE_PATCH } from "../../capabilities/kube/json-patch";
import { HELD_LABEL, OPT_IN_LABEL, PLACEHOLDER_LABEL } from "../../capabilities/keys";
import { isHeldByUs, PIPELINE_RUN_V1, PIPELINE_RUN_V1BETA1 } from "../../capabilities/tekton/objects";
import { apiServerMetrics } from "../../testbed/metrics";
import { until } from "../../testbed/until";
import { nap, optedIn, run, RUN_MILLISECONDS, type OperatedCluster } from "../operated-cluster";

const CREATIONS = Number(process.env["DOWN_CREATIONS"] ?? 50);
const NAMESPACE = "down";
const OPTED_IN = "down-opted-in";
const PLACEHOLDER = "custom-pod-affinity-0000000000";
const unplaceable = { taskRunTemplate: { podTemplate: { nodeSelector: { "kubernetes.io/os": "none" } } } };

/** Waits for the operator's webhooks, calls that failed among them, as the API server counted them. */
async function callsOfOurs(operated: OperatedCluster): Promise<number> {
  const metrics = await apiServerMetrics(operated.cluster.kubeconfigFile);
  return metrics
    .filter(({ name }) => name === "apiserver_admission_webhook_admission_duration_seconds_count")
    .filter(({ labels }) => labels["name"]?.includes(".pipelinerun-pod-affinity."))
    .reduce((sum, { value }) => sum + value, 0);
}

const pod = (name: string, labels: Record<string, string> = {}) => ({
  metadata: { name, labels },
  spec: { containers: [{ name: "c", image: "busybox" }] },
});

export function down(operated: () => OperatedCluster): void {
  const clients = () => operated().cluster.clients;
  const createPod = (body: object) => clients().core.createNamespacedPod({ namespace: NAMESPACE, body });
  const change = (name: string, body: object) =>
    clients().custom.patchNamespacedCustomObject(
      { ...PIPELINE_RUN_V1, namespace: NAMESPACE, name, body },
      MERGE_PATCH,
    );

  beforeAll(async () => {
    await operated().createNamespace(NAMESPACE);
    await operated().createNamespace(OPTED_IN, optedIn);
    for (const name of ["held-1", "held-2", "held-3"]) {
      const finalizers = name === "held-3" ? ["example.com/archive"] : [];
      await operated().createRun(NAMESPACE, run(name, [nap("only")], { finalizers }, unplaceable));
    }
    await operated().createRun(NAMESPACE, run("placed", [nap("first", 600), nap("second")]));
    await until("a placed run to go", RUN_MILLISECONDS, async () => {
      const placed = await operated().readRun(NAMESPACE, "placed");
      return placed.metadata?.labels?.[PLACEHOLDER_LABEL] !== undefined;
    });
    await Promise.all([operated().operator.stop("admission"), operated().operator.stop("controller")]);
  }, 2 * RUN_MILLISECONDS);

  afterAll(async () => {
    await Promise.all([operated().operator.start("admission"), operated().operator.start("controller")]);
    await clients().core.deleteNamespace({ name: NAMESPACE });
  }, 2 * RUN_MILLISECONDS);

  test(
    `${CREATIONS} pods and as many runs that are not opted in are created, and the API server waits for nothing of ours`,
    async () => {
      const before = await callsOfOurs(operated());
      const start = Date.now();
      await Promise.all(
        Array.from({ length: CREATIONS }, async (_, index) => {
          await operated().createRun(NAMESPACE, run(`run-${index}`, [nap("only")], { labels: {} }));
          await createPod(pod(`pod-${index}`));
        }),
      );
      console.log(`${CREATIONS} pods and as many runs with every process down: ${Date.now() - start} ms`);
      expect((await callsOfOurs(operated())) - before).toBe(0);
    },
    RUN_MILLISECONDS,
  );

  const refused = /failed calling webhook \W+[a-z-]+\.pipelinerun-pod-affinity\.tekton\.dev/;
  test.each<[string, () => Promise<unknown>]>([
    ["an opted-in run", () => operated().createRun(NAMESPACE, run("refused", [nap("only")]))],
    [
      "one of v1beta1",
      () => {
        const body = { ...run("refused", [nap("only")]), apiVersion: "tekton.dev/v1beta1" };
        const target = { ...PIPELINE_RUN_V1BETA1, namespace: NAMESPACE, body };
        return clients().custom.createNamespacedCustomObject(target);
      },
    ],
    [
      "a run in an opted-in namespace",
      () => operated().createRun(OPTED_IN, run("refused", [nap("only")], { labels: {} })),
    ],
    [
      "a run that brings labels of ours",
      () =>
        operated().createRun(NAMESPACE, run("refused", [nap("only")], { labels: { [HELD_LABEL]: "true" } })),
    ],
    ["a pod of a placed run", () => createPod(pod("refused", { [PLACEHOLDER_LABEL]: PLACEHOLDER }))],
  ])("%s is refused, and the refusal says by what", async (_name, create) => {
    await expect(create()).rejects.toThrow(refused);
  });

  describe("these always pass", () => {
    test.each<[string, () => Promise<unknown>]>([
      ["cancelling a held run", () => change("held-1", { spec: { status: "Cancelled" } })],
      ["cancelling a placed run", () => change("placed", { spec: { status: "Cancelled" } })],
      ["lifting a hold", () => change("held-2", { spec: { status: null } })],
      [
        "labels and annotations, as Tekton writes them",
        () => change("held-3", { metadata: { labels: { a: "b" } } }),
      ],
      ["opting out", () => change("held-3", { metadata: { labels: { [OPT_IN_LABEL]: "false" } } })],
      [
        "a child run with its root's labels",
        async () => {
          const { metadata } = await operated().readRun(NAMESPACE, "placed");
          const owner = { apiVersion: "tekton.dev/v1", kind: "PipelineRun", controller: true };
          const ownerReferences = [{ ...owner, name: "placed", uid: metadata!.uid! }];
          const labels = metadata!.labels;
          return operated().createRun(NAMESPACE, run("child", [nap("only")], { labels, ownerReferences }));
        },
      ],
      [
        "a placeholder's pod",
        () =>
          createPod(
            pod("own", { [PLACEHOLDER_LABEL]: PLACEHOLDER, "app.kubernetes.io/component": "placeholder" }),
          ),
      ],
    ])("%s", async (_name, act) => {
      await expect(act()).resolves.toBeDefined();
    });

    test("deleting a held run, and taking its finalizer off", async () => {
      expect(isHeldByUs(await operated().readRun(NAMESPACE, "held-3"))).toBe(true);
      const target = { ...PIPELINE_RUN_V1, namespace: NAMESPACE, name: "held-3" };
      await clients().custom.deleteNamespacedCustomObject(target);
      await change("held-3", { metadata: { finalizers: null } });
      await until("it to be gone", RUN_MILLISECONDS, async () => {
        return !operated()
          .history.now("run", NAMESPACE)
          .some(({ metadata }) => metadata?.name === "held-3");
      });
    });
  });
}
