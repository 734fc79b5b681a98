/** The chart as it is rendered, and what the API server says of it. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubernetesObject, V1ClusterRole, V1ValidatingAdmissionPolicy } from "@kubernetes/client-node";
import { writeManifest } from "../../chart/manifest";
import { helm } from "../../testbed/helm";
import { applyDefinitions, dryRun, parseObjects } from "../../testbed/manifests";
import { createNamespace } from "../../testbed/namespaces";
import { CHART } from "../../testbed/operator";
import { RUN_MILLISECONDS, type OperatedCluster } from "../operated-cluster";

const CERT_MANAGER = join(__dirname, "cert-manager-crds.yaml");
/** Not the one that the operator is installed in: what is validated would be merged with what is there. */
const NAMESPACE = "rendered";

const sets = (values: string[]) => values.flatMap(value => ["--set-json", value]);

const WITH_POLICIES = ["--api-versions", "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy"];

const toleration = { key: "dedicated", operator: "Equal", value: "ci", effect: "NoSchedule" };

const spread = {
  maxSkew: 1,
  topologyKey: "topology.kubernetes.io/zone",
  whenUnsatisfiable: "DoNotSchedule",
  labelSelector: { matchLabels: { "app.kubernetes.io/component": "admission" } },
};
const term = { matchExpressions: [{ key: "kubernetes.io/arch", operator: "In", values: ["amd64"] }] };
const nodeAffinity = {
  nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
};

/** What an API server calls a write in admission, by its verb in RBAC. */
const OPERATION: Record<string, string> = {
  create: "CREATE",
  patch: "UPDATE",
  update: "UPDATE",
  delete: "DELETE",
};

/** What the controller's own account may do, not what others may. */
const isPolicyOfController = ({ kind, metadata }: KubernetesObject): boolean =>
  kind === "ValidatingAdmissionPolicy" && !metadata!.name!.includes("-placeholder");

export function rendering(operated: () => OperatedCluster): void {
  beforeAll(async () => {
    await createNamespace(operated().cluster.clients, NAMESPACE);
    await applyDefinitions(operated().cluster.kubeconfigFile, CERT_MANAGER);
  }, RUN_MILLISECONDS);

  const render = (...values: string[]): Promise<string> =>
    helm(
      operated().cluster.kubeconfigFile,
      // Without a look at the cluster, where one is installed already; whether the objects are well-formed the API server says.
      ...["template", "matrix", CHART, "--namespace", NAMESPACE, ...WITH_POLICIES, ...sets(values)],
    );

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
      ["no excluded namespaces", "webhooks.excludedNamespaces=null"],
      ["admission on the host's network", "admission.hostNetwork=true", "admission.port=9443"],
      [
        "a template for placeholders",
        'placeholder={"nodeSelector":{"pool":"builds"},"tolerations":[{"key":"builds","operator":"Exists"}]}',
      ],
      ["who may call", 'networkPolicy.ingressFrom=[{"ipBlock":{"cidr":"10.0.0.0/28"}}]'],
      [
        "images that a policy of the cluster rewrites",
        'admissionPolicy.rewrittenImages=["mirror.example.com/pause:3.10.1"]',
      ],
      ["no class for its own pods", "priorityClass.create=false"],
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
        "podSecurityContext.runAsUser=null",
      ],
      [
        "budgets, spread and priority of one's own",
        'admission.podDisruptionBudget={"minAvailable":1}',
        `admission.topologySpreadConstraints=[${JSON.stringify(spread)}]`,
        `controller.affinity=${JSON.stringify(nodeAffinity)}`,
        'admission.priorityClassName="system-cluster-critical"',
        'controller.resources={"requests":{"cpu":"50m","memory":"100Mi"},"limits":{"cpu":1}}',
        "networkPolicy.apiServerPorts=[16443]",
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
        const [text] = await Promise.all([
          render(...values),
          helm(operated().cluster.kubeconfigFile, "lint", "--strict", CHART, ...sets(values)),
        ]);
        const objects = parseObjects(text);
        expect(objects.length).toBeGreaterThan(10);
        await dryRun(operated().cluster.kubeconfigFile, objects);
      },
      RUN_MILLISECONDS,
    );

    test(
      "the plain manifest",
      async () => {
        const objects = parseObjects(await readFile(await writeManifest(), "utf8"));
        expect(objects[0]?.kind).toBe("Namespace");
        await createNamespace(operated().cluster.clients, objects[0]!.metadata!.name!);
        await dryRun(operated().cluster.kubeconfigFile, objects);
      },
      RUN_MILLISECONDS,
    );
  });

  test(
    "the admission policies look at each write that RBAC grants of such objects, and at no other of the cluster's",
    async () => {
      const objects = parseObjects(await render());
      const guarded = ["statefulsets", "pods", "pods/resize", "priorityclasses", "persistentvolumeclaims"];
      const roles = objects.filter(({ kind }) => kind === "ClusterRole") as V1ClusterRole[];
      const policies = objects.filter(isPolicyOfController) as V1ValidatingAdmissionPolicy[];
      const granted = roles
        .filter(({ metadata }) => metadata!.name!.endsWith("-controller"))
        .flatMap(({ rules = [] }) => rules)
        .flatMap(({ resources = [], verbs }) =>
          resources
            .filter(resource => guarded.includes(resource))
            .flatMap(resource =>
              verbs.flatMap(verb => (OPERATION[verb] ? `${OPERATION[verb]} ${resource}` : [])),
            ),
        );
      const lookedAt = policies
        .flatMap(({ spec }) => spec!.matchConstraints!.resourceRules!)
        .flatMap(({ resources = [], operations = [] }) =>
          resources.flatMap(resource => operations.map(operation => `${operation} ${resource}`)),
        );
      expect(granted.length).toBeGreaterThan(guarded.length);
      expect(lookedAt.sort()).toEqual(granted.sort());
    },
    RUN_MILLISECONDS,
  );

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
      ['extraLabels={"app.kubernetes.io/name":"mine"}', "app.kubernetes.io/name"],
      ['podSecurityContext={"privileged":true}', "privileged"],
      ['settings.placementTimeout="soon"', "placementTimeout"],
    ])("%s", async (value, named) => {
      await expect(render(value)).rejects.toThrow(named);
    });
  });
}
