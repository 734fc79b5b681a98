/** The dashboard as Grafana draws it: what can be read of a panel, and where it stands. */
import { describe, expect, test } from "@jest/globals";
import { ALERTS } from "./alerts";
import { allMetrics } from "./all-metrics";
import { dashboard } from "./dashboard";
import { PANELS, type Panel } from "./panels";

interface Drawn {
  title: string;
  type: string;
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig: {
    defaults: {
      decimals?: number;
      custom?: { showPoints: string; drawStyle: string };
      thresholds?: { steps: { value: number | null }[] };
    };
  };
}

const drawn = (dashboard() as { panels: Drawn[] }).panels;
const COLUMNS = 24;

test("panels fill the rows of Grafana's grid: none overlaps another, and none is cut off", () => {
  const taken = new Map<string, string>();
  for (const { title, gridPos } of drawn) {
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect([title, x < COLUMNS]).toEqual([title, true]);
        expect([title, taken.get(`${x} ${y}`)]).toEqual([title, undefined]);
        taken.set(`${x} ${y}`, title);
      }
    }
  }
  const bottom = Math.max(...drawn.map(({ gridPos }) => gridPos.y + gridPos.h));
  expect(taken.size).toBe(COLUMNS * bottom);
});

test("a graph shows a value that has none beside it", () => {
  const graphs = drawn.filter(({ type }) => type === "timeseries");
  expect(graphs.length).toBeGreaterThan(10);
  for (const { title, fieldConfig } of graphs)
    expect([title, fieldConfig.defaults.custom?.showPoints]).toEqual([title, "auto"]);
});

test.each(
  PANELS.filter(({ queries }) => queries.every(({ expr }) => /^60 \* .* > 0$/.test(expr))).map(
    ({ title }) => title,
  ),
)("%s shows as bars what is there for a moment, over hours", title => {
  const { custom } = drawn.find(panel => panel.title === title)!.fieldConfig.defaults;
  expect(custom).toMatchObject({ drawStyle: "bars", fillOpacity: 80 });
});

/** What the figures of a query are, by how its metrics are named. */
function unitsOf(expr: string): RegExp {
  if (expr.startsWith("histogram_quantile") || /oldest_held_run_seconds/.test(expr)) return /^s$/;
  if (/timestamp_seconds\) - time\(\)/.test(expr)) return /^dtdurations$/;
  if (expr.startsWith("60 * ")) return /^\w+\/min$/;
  if (/_bytes/.test(expr)) return /^bytes$/;
  // Nothing else that is counted is a request.
  if (/\brate\(pod_affinity_(kubernetes_requests|admission)_/.test(expr)) return /^reqps$/;
  return /\brate\(/.test(expr) ? /^never$/ : /^short$/;
}

/** Figures of which there is no half: gauges of runs, processes and the like, and how much counters grew. */
const isOfWholes = (expr: string): boolean =>
  !/\brate\(|_seconds|_bytes|_cores/.test(expr) && /pod_affinity_/.test(expr);

const labelsKept = (expr: string): string[] =>
  [...expr.matchAll(/\bby \(([^)]*)\)/g)]
    .flatMap(([, labels]) => labels!.split(/,\s*/))
    .filter(one => one !== "le");

describe.each(PANELS.map(panel => [panel.title, panel] as const))("%s", (title, panel: Panel) => {
  test("its unit is that of what it shows", () => {
    for (const { expr } of panel.queries) expect(panel.unit).toMatch(unitsOf(expr));
  });

  test("its axis counts in whole ones where there is no half", () => {
    const { decimals } = drawn.find(one => one.title === title)!.fieldConfig.defaults;
    const wholes = panel.queries.map(({ expr }) => isOfWholes(expr));
    expect(wholes.map(() => decimals === 0)).toEqual(wholes);
  });

  test("its legend tells its lines apart", () => {
    const legends = panel.queries.map(({ legend }) => legend);
    expect(new Set(legends).size).toBe(legends.length);
    for (const { expr, legend } of panel.queries) {
      const named = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
      expect(named.sort()).toEqual(labelsKept(expr).sort());
      if (panel.kind === "timeseries") expect(legend).not.toBe("");
    }
  });
});

test("of what only the acting controller knows, nothing is shown while none acts", async () => {
  const ofEach = [
    "pod_affinity_leader",
    "pod_affinity_build_info",
    "pod_affinity_certificate_end_timestamp_seconds",
  ];
  const gauges = (await allMetrics()).filter(({ name, type }) => type === "gauge" && !ofEach.includes(name));
  const queries = PANELS.flatMap(panel => panel.queries.map(({ expr }) => expr));
  const asking = queries.filter(expr => gauges.some(({ name }) => expr.includes(name)));
  expect(asking.length).toBeGreaterThanOrEqual(gauges.length);
  for (const expr of asking) expect(expr).toContain(" and on (instance) pod_affinity_leader == 1)");
});

/** What the alert compares its query with. */
const boundOf = (name: string): number => {
  const { expr } = ALERTS.find(alert => alert.name === name)!;
  const [, factors] = /[<>] ([\d* ]+)$/.exec(expr)!;
  return factors!.split("*").reduce((product, factor) => product * Number(factor), 1);
};

test.each([
  { title: "Acting controllers", alert: "PodAffinityNoLeader" },
  { title: "Oldest held run", alert: "PodAffinityRunHeldLong" },
  { title: "Certificate ends in", alert: "PodAffinityCertificateEnds" },
])("$title changes its colour where $alert begins", ({ title, alert }) => {
  const { thresholds } = drawn.find(panel => panel.title === title)!.fieldConfig.defaults;
  expect(thresholds?.steps.map(({ value }) => value)).toContain(boundOf(alert));
});
