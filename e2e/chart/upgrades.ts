/** Upgrade, rollback, and a setting that the operator will not start with. */
import { beforeAll, expect, test } from "@jest/globals";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { COMPONENT_LABEL, PLACEHOLDER_LABEL } from "../../capabilities/keys";
import { isHeldByUs } from "../../capabilities/tekton/objects";
import { clusterFiles } from "../../testbed/control-plane";
import { addNode } from "../../testbed/nodes";
import { helm } from "../../testbed/helm";
import { applyDefinitions, dryRun } from "../../testbed/manifests";
import { CHART } from "../../testbed/operator";
import { OPERATOR_NAMESPACE, RELEASE } from "../../testbed/operator-names";
import type { LocalPod } from "../../testbed/local-node/local-pod";
import { until } from "../../testbed/until";
import { nap, run, RUN_MILLISECONDS, type OperatedCluster } from "../operated-cluster";
import { endPods, podsOf } from "../pods";
import { trustedAuthorities, underLoad } from "./availability";
import { review, send } from "./requests";

const CERT_MANAGER = join(__dirname, "cert-manager-crds.yaml");
const NAMESPACE = "upgraded";
/** Of a node that is there, and of one that comes later. */
const NODES = ["upgraded-1", "upgraded-2"];
const on = (node: string) => ({
  taskRunTemplate: { podTemplate: { nodeSelector: { "kubernetes.io/hostname": node } } },
});

/** As cert-manager's injector does. */
async function injectAuthority(operated: OperatedCluster, caBundle: string): Promise<void> {
  const { admission } = operated.cluster.clients;
  const name = RELEASE;
  const mutating = await admission.readMutatingWebhookConfiguration({ name });
  const validating = await admission.readValidatingWebhookConfiguration({ name });
  for (const { clientConfig } of [...mutating.webhooks!, ...validating.webhooks!])
    clientConfig.caBundle = caBundle;
  await admission.replaceMutatingWebhookConfiguration({ name, body: mutating });
  await admission.replaceValidatingWebhookConfiguration({ name, body: validating });
}

export function upgrades(operated: () => OperatedCluster): void {
  const placed = async () =>
    (await operated().readRun(NAMESPACE, "placed")).metadata?.labels?.[PLACEHOLDER_LABEL];
  const placeholders = () => operated().history.now("statefulSet", NAMESPACE);

  beforeAll(async () => {
    const { clients } = operated().cluster;
    await operated().createNamespace(NAMESPACE);
    await addNode(clients, { name: NODES[0]! });
    await operated().createRun(NAMESPACE, run("held", [nap("only")], {}, on(NODES[1]!)));
    const tasks = [nap("first", 600), nap("second", 1, { runAfter: ["first"] })];
    await operated().createRun(NAMESPACE, run("placed", tasks, {}, on(NODES[0]!)));
    await until("one run to be placed", RUN_MILLISECONDS, placed);
  }, 2 * RUN_MILLISECONDS);

  /** @throws what jest throws when the held run, the placed one, or a certificate is not as it was */
  async function nothingIsLost(authorities: string[]): Promise<void> {
    expect((await trustedAuthorities(operated())).map(({ fingerprint256 }) => fingerprint256)).toEqual(
      authorities,
    );
    expect(isHeldByUs(await operated().readRun(NAMESPACE, "held"))).toBe(true);
    expect(await placed()).toBeDefined();
    expect(placeholders()).toHaveLength(2);
  }

  /** What the processes of all pods that were ever there wrote. */
  async function logs(): Promise<string> {
    const directory = clusterFiles(operated().cluster.directory).logs;
    const files = (await readdir(directory)).filter(file => /-(admission|controller)-/.test(file));
    return (await Promise.all(files.map(file => readFile(join(directory, file), "utf8")))).join("");
  }

  test(
    "a setting that gets past the schema stops the start with the operator's message; what runs goes on",
    async () => {
      const { kubelet } = operated().operator;
      const before = operated()
        .operator.processes("controller")
        .map(({ pid }) => pid);
      for (const component of ["admission", "controller"]) kubelet.suspend(component);
      const wrong = ["--reuse-values", "--skip-schema-validation", "--set", "settings.workers=0"];
      await operated().operator.helm("upgrade", CHART, ...wrong);
      await until("the message", RUN_MILLISECONDS, async () =>
        /POD_AFFINITY_WORKERS has the value \\?"0\\?"; allowed: a whole number from 1 to 100/.test(
          await logs(),
        ),
      );
      expect(
        operated()
          .operator.processes("controller")
          .map(({ pid }) => pid),
      ).toEqual(expect.arrayContaining(before));
      for (const component of ["admission", "controller"]) kubelet.resume(component);
      await operated().operator.helm("rollback", "--wait", "--timeout", "90s");
    },
    2 * RUN_MILLISECONDS,
  );

  test(
    "helm test: a run that opts in comes back held, and nothing of the test is left",
    async () => {
      const said = await operated().operator.helm("test", "--timeout", "90s");
      expect(said).toMatch(/Phase: *Succeeded/);
      const which = { namespace: OPERATOR_NAMESPACE, labelSelector: `${COMPONENT_LABEL}=test` };
      await until("its pod to go", RUN_MILLISECONDS, async () => {
        const { items } = await operated().cluster.clients.core.listNamespacedPod(which);
        return items.length === 0;
      });
    },
    RUN_MILLISECONDS,
  );

  test(
    "an upgrade and a rollback lose nothing, and both runs end well",
    async () => {
      const authorities = (await trustedAuthorities(operated())).map(({ fingerprint256 }) => fingerprint256);
      const clientAuthority = await readFile(clusterFiles(operated().cluster.directory).authority, "utf8");
      await operated().operator.upgrade({ logLevel: "debug", webhooks: { clientAuthority } });
      await nothingIsLost(authorities);
      // The API server shows its certificate; a pod that knows the port has none.
      const asked = run("asked", [nap("only")], { namespace: NAMESPACE });
      const kind = { group: "tekton.dev", version: "v1", kind: "PipelineRun" };
      // The pods of before answer until they have stopped.
      await until("a review without a certificate to be refused", RUN_MILLISECONDS, async () => {
        const status = await send(operated(), "/mutate/v1", review(kind, asked)).catch(() => 0);
        return status === 401;
      });
      await dryRun(operated().cluster.kubeconfigFile, [asked]);
      await operated().operator.helm("rollback", "--wait", "--timeout", "90s");
      await nothingIsLost(authorities);
      await addNode(operated().cluster.clients, { name: NODES[1]! });
      await endPods(operated(), podsOf(operated(), NAMESPACE));
      const runs = await operated().untilEnded(NAMESPACE);
      expect(runs.map(({ status }) => status?.conditions?.[0]?.reason)).toEqual(["Succeeded", "Succeeded"]);
      await operated().untilNoPlaceholder(NAMESPACE);
      expect(operated().history.nodesOfPods(NAMESPACE).sort()).toEqual(NODES);
    },
    4 * RUN_MILLISECONDS,
  );

  /** Until every process of admission serves by that Secret. */
  const untilServedBy = (secret: string) =>
    until(`all of admission to serve by ${secret}`, RUN_MILLISECONDS, async () => {
      const pods = operated()
        .operator.kubelet.pods()
        .filter(({ pod }) => pod.spec!.containers[0]!.name === "admission");
      const isNew = ({ pod }: LocalPod) => pod.spec!.volumes!.some(one => one.secret?.secretName === secret);
      return pods.length === 2 && pods.every(local => local.ready && isNew(local));
    });

  test(
    "from cert-manager's certificates to Helm's and back, with the Secrets that cert-manager leaves",
    async () => {
      const { clients, kubeconfigFile } = operated().cluster;
      await applyDefinitions(kubeconfigFile, CERT_MANAGER);
      const changeTo = async (source: string) => {
        const values = ["--reuse-values", "--set", `certificates.source=${source}`];
        await operated().operator.helm("upgrade", CHART, ...values, "--wait", "--timeout", "4m");
        await untilServedBy(source === "helm" ? `${RELEASE}-tls` : `${RELEASE}-cert-manager-tls`);
      };
      const namespace = OPERATOR_NAMESPACE;
      const secretNames = async () =>
        (await clients.core.listNamespacedSecret({ namespace })).items.map(({ metadata }) => metadata!.name!);
      const serving = await clients.core.readNamespacedSecret({ namespace, name: `${RELEASE}-tls` });
      // As cert-manager leaves them: not Helm's, and not taken away with its Certificate.
      for (const name of [`${RELEASE}-cert-manager-tls`, `${RELEASE}-cert-manager-ca`]) {
        const annotations = { "cert-manager.io/certificate-name": RELEASE };
        const body = { metadata: { name, annotations }, type: "kubernetes.io/tls", data: serving.data! };
        await clients.core.createNamespacedSecret({ namespace, body });
      }
      await changeTo("cert-manager");
      expect(await secretNames()).not.toContain(`${RELEASE}-tls`);
      await injectAuthority(operated(), serving.data!["ca.crt"]!);
      const outcome = await underLoad(operated(), NAMESPACE, () => changeTo("helm"));
      expect(outcome.failures).toEqual([]);
      expect(await trustedAuthorities(operated())).toHaveLength(2);
      await changeTo("cert-manager");
      expect(await secretNames()).toEqual(expect.arrayContaining([`${RELEASE}-cert-manager-tls`]));
      await changeTo("helm");
      expect(await trustedAuthorities(operated())).toHaveLength(1);
      await operated().createRun(NAMESPACE, run("after", [nap("only")]));
    },
    4 * RUN_MILLISECONDS,
  );

  test("a second installation is refused, and is told where the first is", async () => {
    const { kubeconfigFile } = operated().cluster;
    const second = helm(kubeconfigFile, "install", "second", CHART, "-n", "second", "--create-namespace");
    await expect(second).rejects.toThrow(`another installation of ${RELEASE} in this cluster`);
  });
}
