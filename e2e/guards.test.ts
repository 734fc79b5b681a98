/** What the operator's account may not do, and what admission may be sent. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { parse, stringify } from "yaml";
import { kubeClients, type KubeClients } from "../capabilities/kube-client";
import { OPERATOR_NAMESPACE, RELEASE } from "../testbed/operator-names";
import { OperatedCluster, RUN_MILLISECONDS, START_MILLISECONDS } from "./operated-cluster";

const NAMESPACE = "guards";
const JSON_PATCH = setHeaderOptions("Content-Type", PatchStrategy.JsonPatch);
const PLACEHOLDER = {
  "app.kubernetes.io/name": "pipelinerun-pod-affinity",
  "app.kubernetes.io/component": "placeholder",
};

let operated: OperatedCluster;
let controller: KubeClients;
beforeAll(async () => {
  operated = await OperatedCluster.start("guards", 1);
  await operated.createNamespace(NAMESPACE);
  controller = await asController();
}, START_MILLISECONDS);
afterAll(() => operated?.stop(), RUN_MILLISECONDS);

/** The administrator in the guise of the controller: the audit log does not take it for the controller. */
async function asController(): Promise<KubeClients> {
  const config = parse(await readFile(operated.cluster.kubeconfigFile, "utf8")) as {
    users: { user: object }[];
  };
  const as = `system:serviceaccount:${OPERATOR_NAMESPACE}:${RELEASE}-controller`;
  config.users = config.users.map(entry => ({ ...entry, user: { ...entry.user, as } }));
  const file = join(operated.cluster.directory, "controller.kubeconfig");
  await writeFile(file, stringify(config), { mode: 0o600 });
  return kubeClients({ maxConnections: 2, requestTimeoutMilliseconds: 10_000 }, file);
}

const statefulSet = (name: string, labels: Record<string, string>) => ({
  metadata: { name, labels },
  spec: {
    serviceName: name,
    replicas: 0,
    selector: { matchLabels: { of: name } },
    template: {
      metadata: { labels: { of: name } },
      spec: { containers: [{ name: "c", image: "busybox" }] },
    },
  },
});

const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: Error) => error.message,
  );

describe("with the permissions of its account, the controller", () => {
  const replace = [{ op: "replace", path: "/spec/replicas", value: 1 }];
  const relabel = Object.entries(PLACEHOLDER).map(([key, value]) => ({
    op: "add",
    path: `/metadata/labels/${key.replace("/", "~1")}`,
    value,
  }));

  test.each<[string, string, (name: string) => Promise<unknown>]>([
    [
      "delete",
      "deleted",
      name => controller.apps.deleteNamespacedStatefulSet({ namespace: NAMESPACE, name }),
    ],
    [
      "change",
      "changed",
      name =>
        controller.apps.patchNamespacedStatefulSet({ namespace: NAMESPACE, name, body: replace }, JSON_PATCH),
    ],
  ])("may %s a placeholder, and no other StatefulSet", async (_verb, done, act) => {
    const { apps } = operated.cluster.clients;
    const create = (name: string, labels: Record<string, string>) =>
      apps.createNamespacedStatefulSet({ namespace: NAMESPACE, body: statefulSet(name, labels) });
    await create(`own-${done}`, PLACEHOLDER);
    await create(`other-${done}`, { app: "database" });
    expect(await outcome(act(`other-${done}`))).toContain("may change and delete only its placeholders");
    expect(await outcome(act(`own-${done}`))).toBe("done");
  });

  test("may not make another StatefulSet into a placeholder", async () => {
    const [namespace, name] = [NAMESPACE, "relabelled"];
    const body = statefulSet(name, { app: "database" });
    await operated.cluster.clients.apps.createNamespacedStatefulSet({ namespace, body });
    const patch = controller.apps.patchNamespacedStatefulSet({ namespace, name, body: relabel }, JSON_PATCH);
    expect(await outcome(patch)).toContain("may change and delete only its placeholders");
  });

  test("may not make a StatefulSet that is no placeholder, and read no Secret", async () => {
    const body = statefulSet("made", { app: "database" });
    const made = controller.apps.createNamespacedStatefulSet({ namespace: NAMESPACE, body });
    expect(await outcome(made)).toContain("may change and delete only its placeholders");
    const secret = { namespace: OPERATOR_NAMESPACE, name: `${RELEASE}-tls` };
    expect(await outcome(controller.core.readNamespacedSecret(secret))).toContain("forbidden");
  });
});

/** @returns the status of the answer to that body, sent to a process of admission itself */
function send(path: string, body: string): Promise<number> {
  const admission = operated.operator.kubelet
    .pods()
    .find(({ pod }) => pod.spec!.containers[0]!.name === "admission")!;
  return new Promise((resolve, reject) => {
    const options = { port: admission.port, path, method: "POST", rejectUnauthorized: false };
    const headers = { "Content-Type": "application/json" };
    const sent = request({ ...options, headers }, response => {
      response.resume().on("end", () => resolve(response.statusCode!));
    });
    sent.on("error", reject).end(body);
  });
}

const review = (kind: object, object: unknown): string =>
  JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: { uid: "1", operation: "CREATE", namespace: NAMESPACE, name: "x", kind, object },
  });
const RUN = { group: "tekton.dev", version: "v1", kind: "PipelineRun" };
const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

test(
  "1,000 requests that are malformed, huge, deeply nested or about something else leave admission serving",
  async () => {
    const bodies = [
      "",
      "{",
      "[]",
      "{}",
      '{"request":null}',
      nested(10_000),
      review(RUN, null),
      review(RUN, { metadata: { labels: 1, annotations: [] }, spec: "x" }),
      review({ group: "", version: "v1", kind: "Node" }, { metadata: { name: "x" } }),
      review(RUN, { metadata: { name: "x", annotations: { big: "x".repeat(3 * 1024 * 1024) } } }),
    ];
    const pid = operated.operator.processes("admission").map(running => running.pid);
    const statuses = new Map<number, number>();
    for (let turn = 0; turn < 1000 / bodies.length / 2; turn++) {
      for (const path of ["/mutate/v1", "/validate/v1"]) {
        for (const status of await Promise.all(bodies.map(body => send(path, body)))) {
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
      }
    }
    console.log("answers by status:", Object.fromEntries(statuses));
    expect([...statuses.values()].reduce((sum, count) => sum + count)).toBe(1000);
    expect(operated.operator.processes("admission").map(running => running.pid)).toEqual(pid);
    const pod = { metadata: { name: "x" }, spec: { containers: [] } };
    expect(await send("/mutate/v1", review({ group: "", version: "v1", kind: "Pod" }, pod))).toBe(200);
  },
  RUN_MILLISECONDS,
);
