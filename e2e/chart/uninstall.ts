/**
 * The operator is taken away while runs are held and placed. With more of them:
 *
 *   UNINSTALL_RUNS=20 npx jest e2e/chart-lifecycle
 */
import { beforeAll, expect, test } from "@jest/globals";
import type { KubernetesObject } from "@kubernetes/client-node";
import {
  APP_NAME_LABEL,
  COMPONENT_LABEL,
  PLACEHOLDER_COMPONENT,
  PLACEHOLDER_LABEL,
} from "../../capabilities/keys";
import { hasStarted, isHeldByUs } from "../../capabilities/tekton/objects";
import { applyObjects, listObjects } from "../../testbed/manifests";
import { addNode } from "../../testbed/nodes";
import { RELEASE } from "../../testbed/operator-names";
import { until } from "../../testbed/until";
import { nap, run, RUN_MILLISECONDS, type OperatedCluster } from "../operated-cluster";
import { endPods, podsOf } from "../pods";

/** As many nodes, of 8 CPUs, as runs that are placed; just as many wait. */
const NODES = Number(process.env["UNINSTALL_RUNS"] ?? 8);
const NAMESPACE = "left";
/** Nodes that other tests leave alone. */
const LEAF = { leaf: "true" };

const asking = (name: string, cpu: string, seconds: number, ...runAfter: string[]) => {
  const task = nap(name, seconds, { runAfter });
  const steps = task.taskSpec.steps.map(step => ({ ...step, computeResources: { requests: { cpu } } }));
  return { ...task, taskSpec: { ...task.taskSpec, steps } };
};
/** Waves of 2, 6 and 7 CPUs: as long as its placeholder keeps room, the last has none. */
const waves = (name: string, firstSeconds: number) =>
  run(
    name,
    [
      asking("first", "2", firstSeconds),
      ...["left", "middle", "right"].map(side => asking(side, "2", 1, "first")),
      asking("last", "7", 1, "left", "middle", "right"),
    ],
    {},
    { taskRunTemplate: { podTemplate: { nodeSelector: LEAF } } },
  );

/** Kinds of which the chart makes objects, or its pods do. */
const KINDS = [
  ["v1", "Pod", "Service", "Secret", "ConfigMap", "ServiceAccount"],
  ["apps/v1", "Deployment"],
  ["batch/v1", "Job"],
  ["rbac.authorization.k8s.io/v1", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
  [
    "admissionregistration.k8s.io/v1",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
  ],
  ["policy/v1", "PodDisruptionBudget"],
  ["networking.k8s.io/v1", "NetworkPolicy"],
].flatMap(([apiVersion, ...kinds]) => kinds.map(kind => ({ apiVersion: apiVersion!, kind })));

/** As in clusters before 1.33, or with a policy against it. */
const NO_RESIZE = [
  {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: "no-resize" },
    spec: {
      matchConstraints: {
        resourceRules: [
          { apiGroups: [""], apiVersions: ["v1"], resources: ["pods/resize"], operations: ["UPDATE"] },
        ],
      },
      validations: [{ expression: "false", message: "pods are not resized here" }],
    },
  },
  {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: "no-resize" },
    spec: { policyName: "no-resize", validationActions: ["Deny"] },
  },
];

/** Not the placeholders. */
const OWN = `${APP_NAME_LABEL}=${RELEASE},${COMPONENT_LABEL}!=${PLACEHOLDER_COMPONENT}`;

export function uninstallation(operated: () => OperatedCluster): void {
  beforeAll(async () => {
    await operated().createNamespace(NAMESPACE);
    const names = Array.from({ length: NODES }, (_, index) => `leaf-${index}`);
    await Promise.all(names.map(name => addNode(operated().cluster.clients, { name, labels: LEAF })));
    // Helm takes the permissions away a moment before the processes end, and a test the resizes.
    operated().mayBeDenied = ({ resource }) => ["leases", "pods/resize"].includes(resource);
  }, RUN_MILLISECONDS);

  const now = () => operated().history.now("run", NAMESPACE);
  const uninstall = () => operated().operator.helm("uninstall", "--wait", "--timeout", "120s");
  const reasons = (runs: { status?: { conditions?: { reason?: string }[] } }[]) =>
    runs.map(({ status }) => status?.conditions?.[0]?.reason);

  async function leftOfTheOperator(): Promise<KubernetesObject[]> {
    const lists = await Promise.all(
      KINDS.map(kind => listObjects(operated().cluster.kubeconfigFile, kind, OWN)),
    );
    return lists.flat();
  }

  test(
    `helm uninstall with ${NODES} held and ${NODES} placed runs: all end, and nothing of the operator is left but placeholders`,
    async () => {
      const names = Array.from({ length: 2 * NODES }, (_, index) => `run-${index}`);
      const create = (some: string[], seconds: number) =>
        Promise.all(some.map(name => operated().createRun(NAMESPACE, waves(name, seconds))));
      await create(names.slice(0, NODES), 600);
      const running = () => podsOf(operated(), NAMESPACE).filter(({ status }) => status?.phase === "Running");
      await until("as many to run", RUN_MILLISECONDS, async () => running().length === NODES);
      await create(names.slice(NODES), 1);
      await until(
        "as many to be held",
        RUN_MILLISECONDS,
        async () => now().filter(isHeldByUs).length === NODES,
      );

      const start = Date.now();
      await uninstall();
      console.log(`helm uninstall took ${Date.now() - start} ms`);

      expect(now().filter(isHeldByUs)).toEqual([]);
      // Those that were placed still run their first task, and none has lost its placeholder.
      const needed = running().flatMap(({ metadata }) => metadata?.labels?.[PLACEHOLDER_LABEL] ?? []);
      const left = operated()
        .history.now("statefulSet", NAMESPACE)
        .map(({ metadata }) => metadata?.name);
      expect(needed).toHaveLength(NODES);
      expect(left).toEqual(expect.arrayContaining(needed));
      expect(left).toHaveLength(NODES);
      await until("all of the operator to go", RUN_MILLISECONDS, async () => {
        return (await leftOfTheOperator()).length === 0;
      });

      await endPods(
        operated(),
        running().filter(({ metadata }) => needed.includes(metadata!.labels![PLACEHOLDER_LABEL]!)),
      );
      const runs = await operated().untilEnded(NAMESPACE, 3 * RUN_MILLISECONDS);
      expect(runs).toHaveLength(2 * NODES);
      expect(runs.every(hasStarted)).toBe(true);
      expect(reasons(runs)).toEqual(runs.map(() => "Succeeded"));
    },
    6 * RUN_MILLISECONDS,
  );

  test(
    "installed again, it deletes what was left; uninstalled without controllers and resizes, it frees what a pod waits for",
    async () => {
      await operated().operator.upgrade();
      await operated().untilNoPlaceholder(NAMESPACE, RUN_MILLISECONDS);
      await operated().createNamespace("stuck");
      await operated().createRun("stuck", waves("waits", 600));
      await until("its first pod", RUN_MILLISECONDS, async () => podsOf(operated(), "stuck").length > 0);
      await operated().operator.stop("controller");
      await applyObjects(operated().cluster.kubeconfigFile, NO_RESIZE);
      await endPods(operated(), podsOf(operated(), "stuck"));
      // Nobody hands over: one of three fits beside the placeholder, at the most.
      const waiting = () =>
        podsOf(operated(), "stuck").filter(({ spec, status }) => !spec?.nodeName && status?.conditions);
      await until("a pod to wait for room", RUN_MILLISECONDS, async () => waiting().length > 0);
      await uninstall();
      const runs = await operated().untilEnded("stuck");
      expect(reasons(runs)).toEqual(["Succeeded"]);
      // Those that waited have joined their placeholder, wherever it went.
      await until("all of the operator to go", RUN_MILLISECONDS, async () => {
        return (await leftOfTheOperator()).length === 0;
      });
    },
    6 * RUN_MILLISECONDS,
  );
}
