/** Where everything stands in the picture: bars in lanes, each with its words beside or in it, and none over another. */
import type { NodeSpan, Span, Timeline } from "./timeline";

/** Pixels. */
export interface Bar {
  x: number;
  width: number;
  /** Counted from the row's top. */
  lane: number;
  run: string;
  kind: Span["kind"] | "waiting";
  label: string;
  /** Where the label begins. */
  labelX: number;
  isLabelInside: boolean;
  /** For whoever points at it. */
  says: string;
}

export interface Row {
  name: string;
  /** Of the time in which the node was there; undefined for a row that is no node. */
  track?: { x: number; width: number };
  lanes: number;
  bars: Bar[];
}

/** From a moment to pixels, and where words must end. */
export interface Scale {
  of(at: number): number;
  left: number;
  right: number;
  /** Where what they stand on ends, beyond which they go only where they must. */
  edge?: number;
}

/** Of 11 pixels high letters; wide fonts need so much. */
const LETTER = 6.9;
/** Between words and the bar that they stand in or beside. */
export const PADDING = 5;
const LEAST_WIDTH = 3;
/** A shorter wait that is over is not shown: times of the API server have whole seconds. */
export const LEAST_WAIT_MILLISECONDS = 1500;

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

type Unplaced = Omit<Bar, "lane">;

function bar(
  { run, kind, label, says }: Pick<Bar, "run" | "kind" | "label" | "says">,
  from: number,
  until: number,
  scale: Scale,
): Unplaced {
  const x = scale.of(from);
  const width = Math.max(LEAST_WIDTH, scale.of(until) - x);
  return { x, width, run, kind, says, ...labelled(label, x, x + width, scale) };
}

/** In the bar where it has room, else behind it, else before it; what has room nowhere is cut. */
function labelled(
  label: string,
  start: number,
  end: number,
  { left, right, edge = right }: Scale,
): Pick<Bar, "label" | "labelX" | "isLabelInside"> {
  const length = lengthOf(label);
  if (length + 2 * PADDING <= end - start) return { label, labelX: start + PADDING, isLabelInside: true };
  const behind = end + PADDING;
  const before = start - PADDING - length;
  if (behind + length > Math.min(edge, right) && before >= left)
    return { label, labelX: before, isLabelInside: false };
  const letters = Math.max(1, Math.floor((right - behind) / LETTER));
  return { label: shortened(label, letters), labelX: behind, isLabelInside: false };
}

const lengthOf = (label: string): number => label.length * LETTER;

/** What names begin with is often the same: their ends tell them apart. */
export const shortened = (name: string, letters: number): string =>
  name.length <= letters ? name : `…${name.slice(name.length - letters + 1)}`;

type Extent = Pick<Bar, "x" | "width" | "label" | "labelX">;

/** Between these nothing else may stand in the bar's lane. */
export const startOfBar = ({ x, labelX }: Extent): number => Math.min(x, labelX);
export const endOfBar = ({ x, width, label, labelX }: Extent): number =>
  Math.max(x + width, labelX + lengthOf(label)) + PADDING;

/** Each in the first lane that is free, oldest first; placeholders above pods. */
function inLanes(bars: readonly Unplaced[]): Bar[] {
  const ends: number[] = [];
  const placed: Bar[] = [];
  const order = (one: Unplaced): number => (one.kind === "placeholder" ? 0 : 1);
  const kinds = [0, 1].map(kind =>
    bars.filter(one => order(one) === kind).sort((one, other) => startOfBar(one) - startOfBar(other)),
  );
  for (const some of kinds) {
    const first = ends.length;
    for (const one of some) {
      const free = ends.findIndex((end, lane) => lane >= first && end <= startOfBar(one));
      const lane = free === -1 ? ends.length : free;
      ends[lane] = endOfBar(one);
      placed.push({ ...one, lane });
    }
  }
  return placed;
}

const rowOf = (name: string, bars: readonly Unplaced[], track?: Row["track"]): Row => {
  const placed = inLanes(bars);
  const lanes = Math.max(1, ...placed.map(({ lane }) => lane + 1));
  return track === undefined ? { name, lanes, bars: placed } : { name, track, lanes, bars: placed };
};

function nodeRow(node: NodeSpan, { spans, until: end }: Timeline, scale: Scale): Row {
  const x = scale.of(node.from);
  const edge = scale.of(node.until ?? end);
  const here = spans.filter(span => span.node === node.name && span.bound !== undefined);
  const bars = here.map(({ run, name, kind, bound, until = end }) => {
    const isPod = kind === "pod";
    const says = `${run}${isPod ? `: ${name}` : " keeps its room"}, ${seconds(until - bound!)} on ${node.name}`;
    return bar({ run, kind, label: isPod ? name : run, says }, bound!, until, { ...scale, edge });
  });
  return rowOf(node.name, bars, { x, width: edge - x });
}

/** Whether it waits still, or waited for so long that it is seen. */
export function isWait({ from, bound, until }: Span, scale: Scale): boolean {
  const over = bound ?? until;
  if (over === undefined) return true;
  return over - from >= LEAST_WAIT_MILLISECONDS && scale.of(over) - scale.of(from) >= LEAST_WIDTH;
}

/** Runs that waited for their node; pods of runs that waited longer than a moment as well. */
function waitingRow({ spans, until: end }: Timeline, scale: Scale): Row | undefined {
  const waits = spans.flatMap(span => {
    if (!isWait(span, scale)) return [];
    const { run, name, kind, from, bound, until } = span;
    const over = bound ?? until ?? end;
    const who = kind === "placeholder" ? run : `${run}: ${name}`;
    return [
      bar(
        { run, kind: "waiting", label: who, says: `${who} waits ${seconds(over - from)} for a node` },
        from,
        over,
        scale,
      ),
    ];
  });
  return waits.length === 0 ? undefined : rowOf("waiting", waits);
}

/** The rows of a timeline: its nodes in their order, and then who had none. */
export function rowsOf(timeline: Timeline, scale: Scale): Row[] {
  const waiting = waitingRow(timeline, scale);
  const nodes = timeline.nodes.map(node => nodeRow(node, timeline, scale));
  return waiting === undefined ? nodes : [...nodes, waiting];
}
