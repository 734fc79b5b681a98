import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { ALERTS, anchorOf, ruleFile } from "./alerts";
import { allMetrics } from "./all-metrics";
import { metricsPage, PAGE_FILE } from "./metrics-page";

test("the page is what the code says; `npm run docs` writes it", async () => {
  expect(readFileSync(PAGE_FILE, "utf8")).toBe(await metricsPage());
});

test("the link of each alert leads to its heading", () => {
  const headings = readFileSync(PAGE_FILE, "utf8").match(/^### .*$/gm) ?? [];
  const anchors = headings.map(heading => heading.slice("### ".length).toLowerCase());
  for (const alert of ALERTS) {
    expect(anchors).toContain(anchorOf(alert));
    expect(ruleFile()).toContain(`runbook_url: docs/metrics.md#${anchorOf(alert)}\n`);
  }
});

/** https://prometheus.io/docs/practices/naming/ */
test("metrics are named as Prometheus asks: one prefix, base units, and _total for what is counted", async () => {
  for (const { name, type, help } of await allMetrics()) {
    expect(name).toMatch(/^pod_affinity_[a-z_]+$/);
    expect(name.endsWith("_total")).toBe(type === "counter");
    expect(name).not.toMatch(/milli|minutes|hours|mebi|kilo/);
    if (type === "histogram") expect(name).toMatch(/_seconds$/);
    expect(help).toMatch(/\.$/);
  }
});
