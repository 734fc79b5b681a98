/** Strange pods, and policies that place Tekton's pods: a placeholder evicts nobody, and goes where they go. */
import { expect, test } from "@jest/globals";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { applyObjects, deleteObjects } from "../../testbed/manifests";
import { until } from "../../testbed/until";
import { optedIn, run, RUN_MILLISECONDS } from "../operated-cluster";
import { cpu, type FitTests } from "./fixture";

const POLICIES = "admissionregistration.k8s.io/v1";
const ofNamespace = (namespace: string) => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
});

/** A policy of the cluster that changes new pods of the namespace. */
const policy = (
  name: string,
  namespace: string,
  more: object,
  condition: string,
  patch: string,
): object[] => [
  {
    apiVersion: POLICIES,
    kind: "MutatingAdmissionPolicy",
    metadata: { name },
    spec: {
      failurePolicy: "Fail",
      reinvocationPolicy: "Never",
      matchConstraints: {
        ...ofNamespace(namespace),
        ...more,
        resourceRules: [
          { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] },
        ],
      },
      matchConditions: [{ name: "not-there-yet", expression: condition }],
      mutations: [{ patchType: "JSONPatch", jsonPatch: { expression: patch } }],
    },
  },
  {
    apiVersion: POLICIES,
    kind: "MutatingAdmissionPolicyBinding",
    metadata: { name },
    spec: { policyName: name },
  },
];

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
      const container = `Object.spec.containers{name: "proxy", image: "proxy", resources: Object.spec.containers.resources{}}`;
      const policies = [
        ...policy(
          "send-to-build-nodes",
          namespace,
          { objectSelector: { matchLabels: { "app.kubernetes.io/managed-by": "tekton-pipelines" } } },
          "!has(object.spec.nodeSelector) || object.spec.nodeSelector.size() == 0",
          `[JSONPatch{op: "add", path: "/spec/nodeSelector", value: {"pool": "build"}}]`,
        ),
        ...policy(
          "inject-a-proxy",
          namespace,
          {},
          `!object.spec.containers.exists(container, container.name == "proxy")`,
          `[JSONPatch{op: "add", path: "/spec/containers/0", value: ${container}}]`,
        ),
      ];
      const { kubeconfigFile } = operated.cluster;
      await applyObjects(kubeconfigFile, policies as never);
      await operated.apply(namespace, [
        { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "builder" } },
      ]);
      const { core } = operated.cluster.clients;
      await until("the policies to be in force", RUN_MILLISECONDS, async () => {
        const labels = { "app.kubernetes.io/managed-by": "tekton-pipelines" };
        const body = {
          metadata: { name: "probe", labels },
          spec: { containers: [{ name: "c", image: "c" }] },
        };
        const { spec } = await core.createNamespacedPod({ namespace, dryRun: "All", body });
        return spec?.nodeSelector?.["pool"] === "build" && spec.containers.length === 2;
      });
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
      await deleteObjects(kubeconfigFile, policies as never);
    },
    RUN_MILLISECONDS * 2,
  );
};
