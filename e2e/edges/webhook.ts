/** Other people's admission webhooks: what they add to new runs and pods, before the operator is asked or after it. */
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { V1Pod } from "@kubernetes/client-node";
import { PENDING } from "../../capabilities/keys";
import { at } from "../../capabilities/kube/json-patch";
import { makeCertificates } from "../../testbed/certificates";
import { applyObjects } from "../../testbed/manifests";
import { until } from "../../testbed/until";
import { nap, run, RUN_MILLISECONDS, type OperatedCluster } from "../operated-cluster";

export interface Webhook {
  /** Webhooks are asked in the order of the names of their configurations. */
  name: string;
  namespace: string;
  /** A patch of the run; undefined where a field is not there yet. */
  change: (run: RunLike) => object[];
}

export interface RunLike {
  metadata: { labels?: Record<string, string> };
  spec: { status?: string };
}

type Patch = (object: never) => object[];

interface Asked {
  name: string;
  namespace: string;
  rule: { apiGroups: string[]; apiVersions: string[]; resources: string[] };
  patch: Patch;
}

interface Review {
  request: { uid: string; object: never };
}

async function serve(change: Patch): Promise<{ server: Server; url: string; caBundle: string }> {
  const { serving, authority } = await makeCertificates();
  const server = createServer({ cert: serving.certificate, key: serving.privateKey }, (request, response) => {
    void text(request).then(body => {
      const { uid, object } = (JSON.parse(body) as Review).request;
      const patch = Buffer.from(JSON.stringify(change(object))).toString("base64");
      const answer = { uid, allowed: true, patchType: "JSONPatch", patch };
      response.writeHead(200, { "content-type": "application/json" });
      response.end(
        JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response: answer }),
      );
    });
  });
  server.keepAliveTimeout = 0;
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const caBundle = Buffer.from(authority).toString("base64");
  return { server, url: `https://127.0.0.1:${port}/`, caBundle };
}

/** @returns what takes it away */
async function install(
  { cluster }: OperatedCluster,
  { name, namespace, rule, patch }: Asked,
): Promise<() => Promise<void>> {
  const { server, url, caBundle } = await serve(patch);
  await applyObjects(cluster.kubeconfigFile, [
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "MutatingWebhookConfiguration",
      metadata: { name },
      webhooks: [
        {
          name: `${name}.example.com`,
          admissionReviewVersions: ["v1"],
          sideEffects: "None",
          clientConfig: { url, caBundle },
          rules: [{ ...rule, operations: ["CREATE"] }],
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        },
      ],
    } as object,
  ]);
  return async () => {
    await cluster.clients.admission.deleteMutatingWebhookConfiguration({ name });
    server.closeAllConnections();
    server.close();
  };
}

/** Installs the webhook for runs of its namespace, and waits until it is asked. @returns what takes it away */
export async function installWebhook(
  operated: OperatedCluster,
  { name, namespace, change }: Webhook,
): Promise<() => Promise<void>> {
  const rule = { apiGroups: ["tekton.dev"], apiVersions: ["v1"], resources: ["pipelineruns"] };
  const remove = await install(operated, { name, namespace, rule, patch: change });
  await until(`${name} to be asked`, RUN_MILLISECONDS, async () => {
    const { metadata: _, ...probe } = run("probe", [nap("only")]);
    const made = (await operated.cluster.clients.custom.createNamespacedCustomObject({
      group: "tekton.dev",
      version: "v1",
      plural: "pipelineruns",
      namespace,
      dryRun: "All",
      body: { ...probe, metadata: { name: "probe" } },
    })) as RunLike;
    return change(made).length === 0;
  });
  return remove;
}

export interface PodWebhook {
  name: string;
  namespace: string;
  /** A patch of a new pod; none where it is as it should be. */
  change: (pod: V1Pod) => object[];
  /** Of a pod that is changed, to see whether the webhook is asked. */
  labels?: Record<string, string>;
}

/** Installs the webhook for pods of its namespace, and waits until it is asked. @returns what takes it away */
export async function installOnPods(
  operated: OperatedCluster,
  { name, namespace, change, labels = {} }: PodWebhook,
): Promise<() => Promise<void>> {
  const rule = { apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] };
  const remove = await install(operated, { name, namespace, rule, patch: change });
  const body = {
    metadata: { name: "probe", labels },
    spec: { containers: [{ name: "probe", image: "busybox" }] },
  };
  await until(`${name} to be asked`, RUN_MILLISECONDS, async () => {
    const made = await operated.cluster.clients.core.createNamespacedPod({ namespace, dryRun: "All", body });
    return change(made).length === 0;
  });
  return remove;
}

/** A webhook that gates all pods of its namespace. @returns what takes it away */
export const installGate = (
  operated: OperatedCluster,
  { name, namespace, gate }: { name: string; namespace: string; gate: string },
): Promise<() => Promise<void>> =>
  installOnPods(operated, {
    name,
    namespace,
    change: ({ spec }) =>
      spec?.schedulingGates === undefined
        ? [{ op: "add", path: "/spec/schedulingGates", value: [{ name: gate }] }]
        : [],
  });

const QUEUE = "kueue.x-k8s.io/queue-name";

/** As tekton-kueue's (internal/webhook/v1/pipelinerun_webhook.go): Pending, whatever is there, and its queue's label. */
export function queues({ metadata, spec }: RunLike): object[] {
  const changes: object[] = [];
  if (metadata.labels === undefined) changes.push({ op: "add", path: "/metadata/labels", value: {} });
  if (metadata.labels?.[QUEUE] === undefined)
    changes.push({ op: "add", path: at("/metadata/labels", QUEUE), value: "builds" });
  if (spec.status !== PENDING) changes.push({ op: "add", path: "/spec/status", value: PENDING });
  return changes;
}
