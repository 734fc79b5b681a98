/** `npm run docs` writes docs/metrics.md from the metrics and alerts; a test fails when it is not what they say. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ALERTS, PAGE, type Alert } from "./alerts";
import { markdownTable } from "../scripts/markdown";
import { allMetrics, type Metric } from "./all-metrics";

const HEAD = `# Metrics and alerts

<!-- Written from the code by \`npm run docs\`. -->

Each process of the operator serves metrics for Prometheus at \`/metrics\` of its port 3000, over HTTPS, those of Pepr
among them. They carry no names of runs or namespaces, so their number does not grow with what runs. The chart brings
what makes them seen, all of it off unless you say so:

${markdownTable(
  ["value", "what it makes"],
  [
    [
      "`metrics.serviceMonitor.enabled`",
      "a headless Service of all processes and a ServiceMonitor, for the Prometheus Operator",
    ],
    ["`metrics.podMonitor.enabled`", "a PodMonitor in its place"],
    [
      "`metrics.service.enabled`",
      "the Service alone, for a Prometheus that finds what to scrape by its annotations",
    ],
    [
      "`metrics.prometheusRule.enabled`",
      "the alerts below as a PrometheusRule; `metrics.prometheusRule.runbooks` goes before their links",
    ],
    ["`metrics.dashboard.enabled`", "a ConfigMap with a dashboard, as Grafana's sidecar takes it up"],
  ],
)}

For the usual kube-prometheus-stack, in a file of values for Helm:

\`\`\`yaml
metrics:
  serviceMonitor: { enabled: true, labels: { release: kube-prometheus-stack } }
  prometheusRule: { enabled: true, labels: { release: kube-prometheus-stack } }
  dashboard: { enabled: true }
\`\`\`

A monitor trusts the authority in the Secret \`…-tls\` (\`ca.crt\`), and needs no rights besides. The network policy of the
chart lets everybody reach port 3000: the API server, which calls webhooks there, is no pod and cannot be named.

Gauges are read when Prometheus asks, from what the controller that acts knows of the cluster; those of a controller
that stands by are 0, so sum or take the largest over all processes. \`and on (instance) pod_affinity_leader == 1\` leaves
them out: while no controller acts, 0 would be no answer. Counters count what a process did, from its start.`;

const cell = (text: string): string => text.replaceAll("|", "\\|");

function metricRow({ name, type, labelNames, help }: Metric): string[] {
  const labels = labelNames.length === 0 ? "" : `{${labelNames.join(", ")}}`;
  return [`\`${name}${labels}\``, type, cell(help)];
}

/** What Prometheus puts in is not known here. */
const forPeople = (description: string): string =>
  description
    .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, "_$1_")
    .replaceAll(/\{\{ \$value[^}]*\}\}/g, "_so much_");

function alertSection({ name, expr, for: lasting, severity, description, runbook }: Alert): string {
  const when = lasting === "0m" ? severity : `${severity}, after ${lasting}`;
  return [`### ${name}`, `${when}: ${forPeople(description)}`, `    ${expr}`, runbook].join("\n\n");
}

export async function metricsPage(): Promise<string> {
  const metrics = await allMetrics();
  const parts = [
    HEAD,
    "## Metrics",
    markdownTable(["metric", "type", "what it says"], metrics.map(metricRow)),
    "## Alerts",
    ...ALERTS.map(alertSection),
  ];
  return `${parts.join("\n\n")}\n`;
}

export const PAGE_FILE = join(__dirname, "..", PAGE);

if (require.main === module) void metricsPage().then(page => writeFileSync(PAGE_FILE, page));
