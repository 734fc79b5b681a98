/** The Grafana dashboard that the chart brings: the JSON that Grafana reads. */
import { PANELS, STATS, type Panel } from "./panels";

const COLUMNS = 24;
const STAT_HEIGHT = 4;
const GRAPH_HEIGHT = 8;

/** Where a panel stands: stats in one row, graphs two by two. */
function position(index: number): { x: number; y: number; w: number; h: number } {
  const width = COLUMNS / STATS.length;
  if (index < STATS.length) return { x: index * width, y: 0, w: width, h: STAT_HEIGHT };
  const graph = index - STATS.length;
  const half = COLUMNS / 2;
  const y = STAT_HEIGHT + Math.floor(graph / 2) * GRAPH_HEIGHT;
  return { x: (graph % 2) * half, y, w: half, h: GRAPH_HEIGHT };
}

const SOURCE = { type: "prometheus", uid: "${datasource}" };

/** A value that stands alone is drawn as a point: a line has two ends. */
const customOf = ({ isStacked = false, isSeldom = false, isWhole = false }: Panel): object => ({
  drawStyle: isSeldom ? "bars" : "line",
  fillOpacity: isSeldom ? 80 : isStacked ? 30 : 5,
  showPoints: "auto",
  stacking: { mode: isStacked ? "normal" : "none", group: "A" },
  ...(isWhole && { axisSoftMax: 1 }),
});

const thresholdsOf = (colors: NonNullable<Panel["colors"]>): object => ({
  mode: "absolute",
  steps: colors.map(({ color, from }) => ({ color, value: from })),
});

function panelJson(panel: Panel, index: number): object {
  const { title, description, kind, unit, isWhole, colors, queries } = panel;
  return {
    id: index + 1,
    type: kind,
    title,
    description,
    datasource: SOURCE,
    gridPos: position(index),
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        ...(isWhole === true && { decimals: 0 }),
        ...(colors && { thresholds: thresholdsOf(colors) }),
        ...(kind === "timeseries" && { custom: customOf(panel) }),
      },
      overrides: [],
    },
    options:
      kind === "stat"
        ? { reduceOptions: { calcs: ["lastNotNull"] }, colorMode: colors ? "value" : "none" }
        : { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi" } },
    targets: queries.map(({ expr, legend }, query) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + query),
      datasource: SOURCE,
      expr,
      legendFormat: legend,
      ...(kind === "stat" && { instant: true }),
    })),
  };
}

/** As Grafana 10 and newer read it from a file. */
export const dashboard = (): object => ({
  uid: "pipelinerun-pod-affinity",
  title: "PipelineRun pod affinity",
  tags: ["tekton"],
  schemaVersion: 39,
  editable: true,
  graphTooltip: 1,
  refresh: "30s",
  time: { from: "now-3h", to: "now" },
  templating: {
    list: [{ name: "datasource", type: "datasource", query: "prometheus", label: "Data source" }],
  },
  panels: PANELS.map(panelJson),
});
