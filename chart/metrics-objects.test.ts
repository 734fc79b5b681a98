/** What makes metrics seen, as Helm renders the built chart: `npm run build` makes it. */
import { describe, expect, test } from "@jest/globals";
import { stringify } from "yaml";
import { checkRules } from "../testbed/check-rules";
import { ALERTS } from "./alerts";
import { dashboard } from "./dashboard";
import { HELM_MILLISECONDS, renderChart, type Rendered } from "./rendered";

const MONITORING = ["ServiceMonitor", "PodMonitor", "PrometheusRule"];

const render = (...values: string[]) => renderChart(...values.map(value => `metrics.${value}`));

const ofMetrics = (objects: Rendered[]) =>
  objects.filter(
    ({ kind, metadata }) => MONITORING.includes(kind) || /-(metrics|dashboard)$/.test(metadata.name),
  );
const kinds = (objects: Rendered[]) => ofMetrics(objects).map(({ kind }) => kind);

/** As the certificate of the chart says, and its authority. */
const tlsConfig = {
  serverName: "release.ci-system.svc",
  ca: { secret: { name: "release-tls", key: "ca.crt" } },
};

describe("metrics", () => {
  test.each([
    { values: [], made: [] },
    { values: ["service.enabled=true"], made: ["Service"] },
    { values: ["serviceMonitor.enabled=true"], made: ["Service", "ServiceMonitor"] },
    { values: ["podMonitor.enabled=true"], made: ["PodMonitor"] },
    { values: ["prometheusRule.enabled=true"], made: ["PrometheusRule"] },
    { values: ["dashboard.enabled=true"], made: ["ConfigMap"] },
  ])(
    "$values: $made",
    async ({ values, made }) => {
      expect(kinds(await render(...values))).toEqual(made);
    },
    HELM_MILLISECONDS,
  );

  test("a monitor finds the Service by its labels, and every process by the Service's", async () => {
    const objects = await render(
      'serviceMonitor={"enabled":true,"labels":{"release":"stack"},"interval":"15s"}',
    );
    const [service, monitor] = ofMetrics(objects);
    const { matchLabels } = monitor!.spec!["selector"] as { matchLabels: Record<string, unknown> };
    expect(service!.metadata.labels).toMatchObject(matchLabels);
    expect(monitor!.metadata.labels["release"]).toBe("stack");
    const scrape = { port: "metrics", path: "/metrics", scheme: "https", interval: "15s", tlsConfig };
    expect(monitor!.spec!["endpoints"]).toEqual([scrape]);
    const workloads = objects.filter(({ kind }) => kind === "Deployment");
    expect(workloads).toHaveLength(2);
    for (const { spec } of workloads) {
      const { template } = spec as { template: { metadata: { labels: Record<string, unknown> } } };
      expect(template.metadata.labels).toMatchObject(service!.spec!["selector"] as Record<string, unknown>);
    }
    const others = objects.filter(({ kind, metadata }) => kind === "Service" && metadata.name === "release");
    expect(others[0]!.metadata.labels).not.toMatchObject(matchLabels);
  });

  test("a PodMonitor scrapes the port of the pods; both are trusted by the authority in the Secret", async () => {
    const objects = await render("podMonitor.enabled=true");
    const [monitor] = ofMetrics(objects);
    expect(monitor!.spec!["podMetricsEndpoints"]).toEqual([
      { port: "https", path: "/metrics", scheme: "https", tlsConfig },
    ]);
    const secret = objects.find(({ kind, metadata }) => kind === "Secret" && metadata.name === "release-tls");
    expect(Buffer.from(secret!.data!["ca.crt"]!, "base64").toString()).toMatch(
      /^-----BEGIN CERTIFICATE-----/,
    );
  });

  test("with cert-manager's certificates, the authority is in the Secret that it writes", async () => {
    const objects = await renderChart(
      'certificates.source="cert-manager"',
      "metrics.podMonitor.enabled=true",
    );
    const [monitor] = ofMetrics(objects);
    const secret = { name: "release-cert-manager-tls", key: "ca.crt" };
    expect(monitor!.spec!["podMetricsEndpoints"]).toMatchObject([{ tlsConfig: { ca: { secret } } }]);
    const certificate = objects.find(
      ({ kind, metadata }) => kind === "Certificate" && metadata.name === "release",
    );
    expect(certificate!.spec!["secretName"]).toBe(secret.name);
  });

  test("Prometheus takes the rules as they are rendered; each leads to its runbook where that is kept", async () => {
    const value = { enabled: true, labels: { release: "stack" }, runbooks: "https://docs.example.com/" };
    const [rule] = ofMetrics(await render(`prometheusRule=${JSON.stringify(value)}`));
    const { rules } = await checkRules({ rules: stringify(rule!.spec) });
    expect(rules!.errors).toEqual([]);
    const groups = rule!.spec!["groups"] as { rules: { annotations: Record<string, string> }[] }[];
    const urls = groups[0]!.rules.map(({ annotations }) => annotations["runbook_url"]!);
    expect(urls).toHaveLength(ALERTS.length);
    for (const url of urls)
      expect(url).toMatch(/^https:\/\/docs\.example\.com\/docs\/metrics\.md#podaffinity\w+$/);
  });

  test("the dashboard is where Grafana's sidecar looks for it", async () => {
    const value = { enabled: true, namespace: "grafana", annotations: { grafana_folder: "CI" } };
    const [map] = ofMetrics(await render(`dashboard=${JSON.stringify(value)}`));
    expect(map!.metadata).toMatchObject({
      namespace: "grafana",
      labels: { grafana_dashboard: "1" },
      annotations: { grafana_folder: "CI" },
    });
    expect(JSON.parse(map!.data!["pipelinerun-pod-affinity.json"]!)).toEqual(dashboard());
  });

  test.each(['serviceMonitor.interval="often"', 'prometheusRule.runbook="x"', 'dashboard.enabled="yes"'])(
    "%s is refused",
    async value => {
      await expect(render(value)).rejects.toThrow(/metrics/);
    },
  );
});
