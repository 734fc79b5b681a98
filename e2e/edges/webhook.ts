/** Other people's admission webhooks: what they add to a new run, before the operator is asked or after it. */
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { makeCertificates } from "../../testbed/certificates";
import { applyObjects } from "../../testbed/manifests";
import { until } from "../../testbed/until";
import { run, RUN_MILLISECONDS } from "../operated-cluster";
import { operated, tasks } from "./cluster";

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

interface Review {
  request: { uid: string; object: RunLike };
}

async function serve({ change }: Webhook): Promise<{ server: Server; url: string; caBundle: string }> {
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

/** Installs the webhook for runs of its namespace, and waits until it is asked. @returns what takes it away */
export async function installWebhook(webhook: Webhook): Promise<() => Promise<void>> {
  const { server, url, caBundle } = await serve(webhook);
  const { name, namespace } = webhook;
  const group = "admissionregistration.k8s.io/v1";
  const rule = {
    apiGroups: ["tekton.dev"],
    apiVersions: ["v1"],
    resources: ["pipelineruns"],
    operations: ["CREATE"],
  };
  await applyObjects(operated.cluster.kubeconfigFile, [
    {
      apiVersion: group,
      kind: "MutatingWebhookConfiguration",
      metadata: { name },
      webhooks: [
        {
          name: `${name}.example.com`,
          admissionReviewVersions: ["v1"],
          sideEffects: "None",
          clientConfig: { url, caBundle },
          rules: [rule],
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        },
      ],
    } as object,
  ]);
  const { custom, admission } = operated.cluster.clients;
  await until(`${name} to be asked`, RUN_MILLISECONDS, async () => {
    const { metadata: _, ...probe } = run("probe", tasks);
    const made = (await custom.createNamespacedCustomObject({
      group: "tekton.dev",
      version: "v1",
      plural: "pipelineruns",
      namespace,
      dryRun: "All",
      body: { ...probe, metadata: { name: "probe" } },
    })) as RunLike;
    return webhook.change(made).length === 0;
  });
  return async () => {
    await admission.deleteMutatingWebhookConfiguration({ name });
    server.closeAllConnections();
    server.close();
  };
}
