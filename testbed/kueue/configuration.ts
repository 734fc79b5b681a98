/** What Kueue's chart is given, and what of it is applied: its Deployment's place takes a process of this machine. Pure. */
import type { KubernetesObject } from "@kubernetes/client-node";

export const KUEUE_NAMESPACE = "kueue-system";
export const WEBHOOK_SERVICE = "kueue-webhook-service";
export const WEBHOOK_SECRET = "kueue-webhook-server-cert";
/** Without root no process may listen on 443. */
export const SERVICE_PORT = 8443;

/**
 * Its own defaults, but for kinds that are not in the cluster. Tekton's two are said as Kueue reads them (kind.version.group),
 * so that the pods of a queued run are not queued once more.
 */
export const integrations = {
  frameworks: ["batch/job", "pod", "deployment", "statefulset"],
  externalFrameworks: ["PipelineRun.v1.tekton.dev", "TaskRun.v1.tekton.dev"],
};

/** Where its process listens, and where it finds its certificate. */
export interface Served {
  /** The address of its webhooks' Service. */
  host: string;
  healthPort: number;
  certificates: string;
}

/** The file that it is started with; JSON is YAML. */
export function configuration({ host, healthPort, certificates }: Served): string {
  return JSON.stringify({
    apiVersion: "config.kueue.x-k8s.io/v1beta2",
    kind: "Configuration",
    namespace: KUEUE_NAMESPACE,
    health: { healthProbeBindAddress: `127.0.0.1:${healthPort}` },
    metrics: { bindAddress: "0" },
    webhook: { host, port: SERVICE_PORT, certDir: certificates },
    leaderElection: { leaderElect: false },
    clientConnection: { qps: 500, burst: 1000 },
    integrations,
    // It would serve an API of its own, which no test asks for.
    featureGates: { VisibilityOnDemand: false },
  });
}

/** What its chart renders the rules of its webhooks from. */
export const chartValues = {
  managerConfig: {
    controllerManagerConfigYaml: JSON.stringify({
      managedJobsNamespaceSelector: {
        matchExpressions: [
          { key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["kube-system", KUEUE_NAMESPACE] },
        ],
      },
      integrations,
    }),
  },
  webhookService: { ports: [{ port: SERVICE_PORT, protocol: "TCP", targetPort: SERVICE_PORT }] },
};

const APPLIED = [
  "CustomResourceDefinition",
  "MutatingWebhookConfiguration",
  "ValidatingWebhookConfiguration",
  "Secret",
  "Service",
];

interface ClientConfig {
  service?: { port?: number };
}
interface Calling extends KubernetesObject {
  webhooks?: { clientConfig: ClientConfig }[];
  spec?: { conversion?: { webhook?: { clientConfig: ClientConfig } } };
}

/** Of what the chart renders: the kinds, the webhooks, their Service and its Secret; calls go to our port. */
export function applied(rendered: readonly KubernetesObject[]): { definitions: Calling[]; rest: Calling[] } {
  const objects = (structuredClone(rendered) as Calling[]).filter(({ kind, metadata }) =>
    kind === "Service" ? metadata?.name === WEBHOOK_SERVICE : APPLIED.includes(kind!),
  );
  for (const { kind, metadata, webhooks = [], spec } of objects) {
    // The chart puts it on objects that are in none.
    if (kind !== "Secret" && kind !== "Service") delete metadata?.namespace;
    const calls = [
      ...webhooks.map(({ clientConfig }) => clientConfig),
      spec?.conversion?.webhook?.clientConfig,
    ];
    for (const call of calls) if (call?.service !== undefined) call.service.port = SERVICE_PORT;
  }
  const isDefinition = ({ kind }: Calling) => kind === "CustomResourceDefinition";
  return { definitions: objects.filter(isDefinition), rest: objects.filter(object => !isDefinition(object)) };
}
