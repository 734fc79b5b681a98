/** The chart as it is rendered, and what the API server says of it. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import packageJson from "../package.json";
import { startCluster, type Cluster } from "../testbed/cluster";
import { helm } from "../testbed/helm";
import { applyDefinitions, dryRun, parseObjects } from "../testbed/manifests";
import { createNamespace } from "../testbed/namespaces";
import { CHART } from "../testbed/operator";
import { OPERATOR_NAMESPACE, RELEASE } from "../testbed/operator-names";
import { RUN_MILLISECONDS, START_MILLISECONDS } from "./operated-cluster";

const DIST = join(CHART, "..");
const CERT_MANAGER = join(__dirname, "cert-manager-crds.yaml");

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ name: "install", tektonStandIn: false });
  await createNamespace(cluster.clients, OPERATOR_NAMESPACE, {
    labels: { "pod-security.kubernetes.io/enforce": "restricted" },
  });
  await applyDefinitions(cluster.kubeconfigFile, CERT_MANAGER);
}, START_MILLISECONDS);
afterAll(() => cluster?.stop(), RUN_MILLISECONDS);

const render = (...values: string[]): Promise<string> =>
  helm(
    cluster.kubeconfigFile,
    ...["template", RELEASE, CHART, "--namespace", OPERATOR_NAMESPACE, "--validate"],
    ...values.flatMap(value => ["--set-json", value]),
  );

const toleration = { key: "dedicated", operator: "Equal", value: "ci", effect: "NoSchedule" };

describe("accepted by the API server", () => {
  test.each<[string, ...string[]]>([
    ["defaults"],
    ["cert-manager", 'certificates.source="cert-manager"'],
    [
      "cert-manager with an issuer of its own",
      'certificates.source="cert-manager"',
      'certificates.certManager.issuerRef={"kind":"ClusterIssuer","name":"corporate"}',
    ],
    [
      "everything off",
      "admissionPolicy.enabled=false",
      "networkPolicy.enabled=false",
      "uninstall.enabled=false",
    ],
    ["no disruption budgets", "admission.podDisruptionBudget=null", "controller.podDisruptionBudget=null"],
    [
      "where people want it",
      'admission.nodeSelector={"kubernetes.io/os":"linux"}',
      `admission.tolerations=[${JSON.stringify(toleration)}]`,
      `controller.tolerations=[${JSON.stringify(toleration)}]`,
      'controller.priorityClassName="system-cluster-critical"',
      'imagePullSecrets=[{"name":"registry-key"}]',
      'extraLabels={"team":"build"}',
      'podLabels={"mesh":"off"}',
      'podAnnotations={"note":"yes"}',
    ],
    [
      "an image of one's own",
      'image.repository="registry.example.com/pepr"',
      `image.digest="sha256:${"a".repeat(64)}"`,
    ],
    ["another name", 'fullnameOverride="affinity"'],
    ["settings", "settings.workers=3", 'settings.defaultIsolation="none"', "webhooks.timeoutSeconds=10"],
    ["excluded namespaces", 'webhooks.excludedNamespaces=["legacy"]', "admission.replicas=3"],
  ])(
    "%s",
    async (_name, ...values) => {
      const objects = parseObjects(await render(...values));
      expect(objects.length).toBeGreaterThan(10);
      for (const object of objects) await dryRun(cluster.kubeconfigFile, object);
    },
    RUN_MILLISECONDS,
  );

  test(
    "the plain manifest",
    async () => {
      const objects = parseObjects(await readFile(join(DIST, `${packageJson.name}.yaml`), "utf8"));
      expect(objects[0]?.kind).toBe("Namespace");
      await createNamespace(cluster.clients, objects[0]!.metadata!.name!);
      for (const object of objects) await dryRun(cluster.kubeconfigFile, object);
    },
    RUN_MILLISECONDS,
  );
});

describe("refused with the schema's message", () => {
  test.each([
    ["settings.workers=0", "workers"],
    ["settings.workers=1.5", "workers"],
    ['settings.placeholderCpu="ten"', "placeholderCpu"],
    ['settings.colour="red"', "colour"],
    ["replicas=3", "replicas"],
    ["admission.replicas=0", "replicas"],
    ['certificates.source="none"', "source"],
    ['logLevel="loud"', "logLevel"],
    ["webhooks.timeoutSeconds=31", "timeoutSeconds"],
  ])("%s", async (value, named) => {
    await expect(render(value)).rejects.toThrow(named);
  });
});
