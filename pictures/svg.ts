/** A timeline of runs on nodes as a picture: nodes down, time across, a colour a run. Text of an SVG file. */
import { paintOf, type Paint } from "./colours";
import { PADDING, rowsOf, shortened, type Bar, type Row, type Scale } from "./layout";
import { runsOf, type Timeline } from "./timeline";

/** Pixels. */
const WIDTH = 1000;
const LEAST_LEFT = 90;
const MOST_LEFT = 250;
/** So that what is said beside the last bar has room. */
const RIGHT = 110;
const TITLE = 40;
const LANE = 22;
const BAR = 18;
const ROW_PADDING = 5;
const ROW_GAP = 6;
const AXIS = 30;
const LEGEND_LINE = 24;
const PANEL_GAP = 18;
const LETTER = 7.2;
const MOST_TICKS = 10;

export type Theme = "light" | "dark" | "by the reader";

const LIGHT = { paper: "#ffffff", ink: "#1f2328", quiet: "#59636e", track: "#eef1f4", grid: "#d1d9e0" };
const DARK = { paper: "#0d1117", ink: "#e6edf3", quiet: "#9198a1", track: "#1c222b", grid: "#343b45" };

const rules = ({ paper, ink, quiet, track, grid }: typeof LIGHT): string =>
  `.paper{fill:${paper}}.ink{fill:${ink}}.quiet{fill:${quiet}}.track{fill:${track}}.grid{stroke:${grid}}` +
  // So that lines of the grid do not run through words.
  `.off{stroke:${paper}}.on{stroke:${track}}.off,.on{fill:${ink};stroke-width:4;stroke-linejoin:round;paint-order:stroke}`;

function style(theme: Theme): string {
  if (theme === "dark") return rules(DARK);
  const dark = theme === "light" ? "" : `@media (prefers-color-scheme:dark){${rules(DARK)}}`;
  return rules(LIGHT) + dark;
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const px = (value: number): string => String(Math.round(value * 10) / 10);

const text = (x: number, y: number, words: string, more = 'class="ink"'): string =>
  `<text x="${px(x)}" y="${px(y)}" ${more}>${escaped(words)}</text>`;
const box = (x: number, y: number, width: number, height: number, more: string): string =>
  `<rect x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}" ${more}/>`;

const FILLS: Record<Bar["kind"], (paint: Paint) => string> = {
  pod: ({ fill }) => `fill="${fill}"`,
  placeholder: ({ fill }) => `fill="${fill}" fill-opacity="0.25" stroke="${fill}"`,
  waiting: ({ fill }) => `fill="none" stroke="${fill}" stroke-width="1.5" stroke-dasharray="4 3"`,
};

function labelStyle({ kind, isLabelInside }: Bar, { ink }: Paint): string {
  if (kind === "waiting") return 'class="off"';
  if (!isLabelInside) return 'class="on"';
  return kind === "pod" ? `fill="${ink}"` : 'class="ink"';
}

function barText(bar: Bar, paint: Paint, top: number): string {
  const y = top + bar.lane * LANE;
  const ink = labelStyle(bar, paint);
  const shape = (more: string) => box(bar.x, y, bar.width, BAR, `rx="3" ${more}`);
  const stripes = paint.isStriped && bar.kind === "pod" ? shape('fill="url(#stripes)"') : "";
  // How wide words are is only guessed: those before a bar end at it.
  const isBefore = bar.labelX < bar.x;
  const [x, anchor] = isBefore ? [bar.x - PADDING, ' text-anchor="end"'] : [bar.labelX, ""];
  const label = text(x, y + 13, bar.label, `font-size="11"${anchor} ${ink}`);
  return `<g><title>${escaped(bar.says)}</title>${shape(FILLS[bar.kind](paint))}${stripes}${label}</g>`;
}

const heightOf = ({ lanes }: Row): number => lanes * LANE - (LANE - BAR) + 2 * ROW_PADDING;

function rowText(row: Row, top: number, { left }: Scale, paints: ReadonlyMap<string, Paint>): string {
  const height = heightOf(row);
  const track = row.track && box(row.track.x, top, row.track.width, height, 'rx="4" class="track"');
  const shown = shortened(row.name, Math.floor((left - 14) / LETTER));
  const name = text(left - 10, top + height / 2 + 4, shown, 'text-anchor="end" class="ink"');
  return [
    track ?? "",
    name,
    ...row.bars.map(bar => barText(bar, paints.get(bar.run)!, top + ROW_PADDING)),
  ].join("\n");
}

const STEPS = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

/** Seconds between two marks of the time axis. */
const stepOf = (length: number): number => STEPS.find(step => length / step <= MOST_TICKS) ?? STEPS.at(-1)!;

/** In the largest unit that says it in whole numbers. */
function moment(seconds: number): string {
  if (seconds === 0 || seconds % 60 !== 0) return `${seconds} s`;
  return seconds % 3600 === 0 ? `${seconds / 3600} h` : `${seconds / 60} min`;
}

interface Panel {
  lines: string[];
  height: number;
}

/** Of all timelines. */
interface Frame {
  /** Where time begins. */
  left: number;
  /** Milliseconds. */
  length: number;
  paints: ReadonlyMap<string, Paint>;
}

function panel(timeline: Timeline, top: number, { left, length, paints }: Frame): Panel {
  const scale: Scale = {
    of: at => left + ((at - timeline.from) / length) * (WIDTH - left - RIGHT),
    left,
    right: WIDTH - 8,
  };
  const rows = rowsOf(timeline, scale);
  const lines = [text(14, top + 24, timeline.title, 'font-size="15" font-weight="600" class="ink"')];
  let y = top + TITLE;
  const drawn: string[] = [];
  for (const row of rows) {
    drawn.push(rowText(row, y, scale, paints));
    y += heightOf(row) + ROW_GAP;
  }
  const step = stepOf(length / 1000);
  for (let at = 0; at * 1000 <= length; at += step) {
    const x = scale.of(timeline.from + at * 1000);
    lines.push(`<line x1="${px(x)}" y1="${px(top + TITLE - 4)}" x2="${px(x)}" y2="${px(y)}" class="grid"/>`);
    lines.push(text(x, y + 16, moment(at), 'font-size="11" text-anchor="middle" class="quiet"'));
  }
  return { lines: [...lines, ...drawn], height: y - top + AXIS };
}

const SWATCH = 14;

interface Key {
  words: string;
  paint: Paint;
  kind: Bar["kind"];
}

/** Side by side, in as many lines as they need. */
function keyLines(keys: readonly Key[], top: number): Panel {
  const lines: string[] = [];
  let [x, y] = [14, top];
  for (const { words, paint, kind } of keys) {
    const width = SWATCH + 6 + words.length * LETTER + 18;
    if (x + width > WIDTH && x > 14) [x, y] = [14, y + LEGEND_LINE];
    const shape = (more: string) => box(x, y, SWATCH, SWATCH, `rx="3" ${more}`);
    lines.push(shape(FILLS[kind](paint)));
    if (paint.isStriped) lines.push(shape('fill="url(#stripes)"'));
    lines.push(text(x + SWATCH + 6, y + 11, words));
    x += width;
  }
  return { lines, height: y - top + LEGEND_LINE };
}

/** Each run with its colour, and what the shapes mean. */
function legend(paints: ReadonlyMap<string, Paint>, top: number): Panel {
  const runs = keyLines(
    [...paints].map(([words, paint]): Key => ({ words, paint, kind: "pod" })),
    top,
  );
  if (paints.size === 0) return { lines: [], height: 0 };
  const shapes = keyLines(
    [
      { words: "a pod", paint: GREY, kind: "pod" },
      { words: "a placeholder: it keeps the room", paint: GREY, kind: "placeholder" },
      { words: "waits for a node", paint: GREY, kind: "waiting" },
    ],
    top + runs.height,
  );
  return { lines: [...runs.lines, ...shapes.lines], height: runs.height + shapes.height };
}

/** Of no run. */
const GREY: Paint = { fill: "#8c959f", ink: "#000000", isStriped: false };

const STRIPES =
  '<defs><pattern id="stripes" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">' +
  '<line x1="0" y1="0" x2="0" y2="6" stroke="#ffffff" stroke-opacity="0.55" stroke-width="3"/></pattern></defs>';

/** @param timelines one below the other, at the same scale */
export function svgOf(timelines: readonly Timeline[], theme: Theme = "by the reader"): string {
  const paints = new Map(runsOf(timelines).map((run, index) => [run, paintOf(index)]));
  const length = Math.max(1, ...timelines.map(({ from, until }) => until - from));
  const names = timelines.flatMap(({ nodes }) => nodes.map(({ name }) => name.length));
  const left = Math.min(MOST_LEFT, Math.max(LEAST_LEFT, ...names.map(letters => letters * LETTER + 24)));
  const lines: string[] = [];
  let y = 6;
  for (const timeline of timelines) {
    const made = panel(timeline, y, { left, length, paints });
    lines.push(...made.lines);
    y += made.height + PANEL_GAP;
  }
  const keys = legend(paints, y);
  const height = y + keys.height + 4;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${px(height)}" width="${WIDTH}" height="${px(height)}"`,
    '  font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, DejaVu Sans, sans-serif" font-size="12" role="img">',
    `<title>${escaped(timelines.map(({ title }) => title).join("; "))}</title>`,
    `<style>${style(theme)}</style>`,
    STRIPES,
    box(0, 0, WIDTH, height, 'class="paper"'),
    ...lines,
    ...keys.lines,
    "</svg>",
    "",
  ].join("\n");
}
