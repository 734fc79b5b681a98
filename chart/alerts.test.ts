/** Alerts and dashboard as Prometheus' own code reads them, beside the metrics that there are. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import { checkRules, type Checked } from "../testbed/check-rules";
import { ALERTS, ruleFile } from "./alerts";
import { allMetrics, seriesOf } from "./all-metrics";
import { panelQueries } from "./panels";

/** The first time the program is built. */
const BUILD_MILLISECONDS = 30 * 60_000;

const queries = panelQueries();
const BROKEN = ruleFile().replace("sum(pod_affinity_leader)", "sum(pod_affinity_leader");

let checked: Record<string, Checked>;
beforeAll(async () => {
  checked = await checkRules({ alerts: ruleFile(), broken: BROKEN }, queries);
}, BUILD_MILLISECONDS);

test("Prometheus takes the rules, and would say if they were wrong", () => {
  expect(checked["alerts"]!.errors).toEqual([]);
  expect(checked["broken"]!.errors.join()).toMatch(/unclosed left parenthesis/);
});

test.each(Object.keys(queries))("Prometheus takes the query of the panel %s", name => {
  expect(checked[name]!.errors).toEqual([]);
});

test("every metric of alerts and panels is one that there is; every metric is on the dashboard", async () => {
  const known = (await allMetrics()).map(metric => ({ name: metric.name, series: seriesOf(metric) }));
  const used = (names: string[]) => new Set(names.flatMap(name => checked[name]!.metrics));
  const there = known.flatMap(({ series }) => series);
  for (const name of used(["alerts", ...Object.keys(queries)])) expect(there).toContain(name);
  const shown = used(Object.keys(queries));
  for (const { name, series } of known)
    expect([name, series.some(one => shown.has(one))]).toEqual([name, true]);
});

/** Prometheus' own, of what it scrapes. */
const TARGET_LABELS = ["instance", "pod"];

/** Labels that a query picks series by, or keeps. */
function labelsIn(query: string): string[] {
  const picked = [...query.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label]) => label!);
  const kept = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels]) => labels!.split(/,\s*/));
  return [...picked, ...kept];
}

const allQueries = { ...queries, ...Object.fromEntries(ALERTS.map(({ name, expr }) => [name, expr])) };
test.each(Object.entries(allQueries))(
  "the labels of the query of %s are those of its metrics",
  async (_, query) => {
    const asked = (await allMetrics()).filter(metric => seriesOf(metric).some(name => query.includes(name)));
    const there = ["le", ...TARGET_LABELS, ...asked.flatMap(({ labelNames }) => labelNames)];
    expect(labelsIn(query).filter(label => !there.includes(label))).toEqual([]);
  },
);

const seconds = (duration: string): number =>
  Number(duration.slice(0, -1)) * { s: 1, m: 60, h: 3600 }[duration.slice(-1)]!;
const windowsOf = (expr: string): string[] => [...expr.matchAll(/\[(\w+)\]/g)].map(([, window]) => window!);

test.each(
  ALERTS.filter(alert => alert.severity !== "info" && alert.for !== "0m").map(
    alert => [alert.name, alert] as const,
  ),
)(
  "%s does not fire for what was over at once: it lasts longer than its window",
  (_, { expr, for: lasting }) => {
    for (const window of windowsOf(expr)) expect(seconds(window)).toBeLessThan(seconds(lasting));
  },
);

test("a run that is held for long is not forgotten while nobody acts, before that is an alert of its own", () => {
  const alertOf = (name: string) => ALERTS.find(alert => alert.name === name)!;
  expect(windowsOf(alertOf("PodAffinityRunHeldLong").expr)).toEqual([alertOf("PodAffinityNoLeader").for]);
});

describe("each alert", () => {
  test.each(ALERTS.map(alert => [alert.name, alert] as const))("%s says what to do", (name, alert) => {
    expect(name).toMatch(/^PodAffinity[A-Z]\w+$/);
    expect(alert.summary).toMatch(/\.$/);
    expect(alert.description).toMatch(/\.$/);
    expect(alert.runbook.length).toBeGreaterThan(40);
  });
});
