/** JSON Schema of the chart's values; `settings` comes from the operator's own schema. */
import { settingsSchema } from "./settings";

const text = { type: "string" };
const flag = { type: "boolean" };
const labels = { type: "object", additionalProperties: text };
/** The chart sets these itself; Services and budgets find pods by them. */
const furtherLabels = {
  ...labels,
  propertyNames: { not: { pattern: "^(app\\.kubernetes\\.io/.*|helm\\.sh/chart)$" } },
};
const userId = { type: ["integer", "null"], minimum: 1 };
const list = { type: "array", items: { type: "object" } };
const open = { type: "object" };
const wholeNumber = (minimum: number, maximum: number) => ({ type: "integer", minimum, maximum });
const oneOf = (...values: string[]) => ({ enum: values });

/** An object of these values and no others: a misspelt one is told, not ignored. */
const only = (properties: Record<string, object>) => ({
  type: "object",
  additionalProperties: false,
  properties,
});

const quantities = { type: "object", additionalProperties: { type: ["string", "number"] } };

const workloadValues = {
  replicas: wholeNumber(1, 20),
  resources: only({ requests: quantities, limits: quantities }),
  priorityClassName: text,
  nodeSelector: labels,
  tolerations: list,
  affinity: open,
  topologySpreadConstraints: list,
  podDisruptionBudget: { type: ["object", "null"] },
};

/** A duration as Prometheus writes it; empty for its default. */
const interval = { type: "string", pattern: "^([0-9]+(ms|s|m|h))*$" };
const monitor = only({ enabled: flag, labels: furtherLabels, interval });

export const valuesSchema = () => ({
  $schema: "http://json-schema.org/draft-07/schema#",
  ...only({
    // Helm's own, and what charts that contain this one hand down.
    global: open,
    fullnameOverride: { type: "string", maxLength: 50, pattern: "^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$" },
    image: only({
      repository: { type: "string", minLength: 1 },
      tag: text,
      digest: { type: "string", pattern: "^(sha256:[0-9a-f]{64})?$" },
      pullPolicy: oneOf("Always", "IfNotPresent", "Never"),
    }),
    imagePullSecrets: { type: "array", items: only({ name: text }) },
    extraLabels: furtherLabels,
    podLabels: furtherLabels,
    podAnnotations: labels,
    podSecurityContext: only({ runAsUser: userId, runAsGroup: userId, fsGroup: userId }),
    logLevel: oneOf("trace", "debug", "info", "warn", "error", "silent"),
    settings: settingsSchema(),
    priorityClass: only({ create: flag, value: wholeNumber(-1_000_000_000, 1_000_000_000) }),
    admission: only({
      ...workloadValues,
      port: wholeNumber(1024, 65_535),
      hostNetwork: flag,
      dnsPolicy: oneOf("", "ClusterFirst", "ClusterFirstWithHostNet", "Default"),
    }),
    controller: only(workloadValues),
    webhooks: only({
      servicePort: wholeNumber(1, 65_535),
      timeoutSeconds: wholeNumber(1, 10),
      excludedNamespaces: { type: ["array", "null"], items: text },
      clientAuthority: {
        type: "string",
        pattern: "^(\\s*-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\\s*)*$",
      },
    }),
    certificates: only({
      source: oneOf("helm", "cert-manager"),
      validityDays: wholeNumber(1, 36_500),
      renewBeforeDays: wholeNumber(0, 36_500),
      certManager: only({ issuerRef: only({ kind: text, name: text, group: text }) }),
    }),
    placeholder: only({
      labels,
      annotations: labels,
      nodeSelector: labels,
      tolerations: list,
      priorityClassName: text,
      podSecurityContext: open,
      securityContext: open,
    }),
    admissionPolicy: only({ enabled: flag, rewrittenImages: { type: "array", items: text } }),
    networkPolicy: only({
      enabled: flag,
      ingressFrom: list,
      apiServerPorts: { type: "array", minItems: 1, items: wholeNumber(1, 65_535) },
    }),
    metrics: only({
      service: only({ enabled: flag, annotations: labels }),
      serviceMonitor: monitor,
      podMonitor: monitor,
      prometheusRule: only({ enabled: flag, labels: furtherLabels, runbooks: text }),
      dashboard: only({ enabled: flag, labels: furtherLabels, annotations: labels, namespace: text }),
    }),
    test: only({ namespace: { type: "string", minLength: 1 } }),
    uninstall: only({ enabled: flag, timeoutSeconds: wholeNumber(30, 3600) }),
  }),
});
