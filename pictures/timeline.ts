/** What a picture of runs on nodes is drawn from: who was where, from when until when. */

/** All moments are milliseconds since the epoch. */
export interface Span {
  /** The run that it is of. */
  run: string;
  /** Of the task, for a pod. */
  name: string;
  kind: "placeholder" | "pod";
  /** When it was made. */
  from: number;
  /** Undefined while it has none. */
  node?: string;
  /** When it got its node; set where `node` is. */
  bound?: number;
  /** Undefined while it is there, and has not ended. */
  until?: number;
}

export interface NodeSpan {
  name: string;
  /** When it came. */
  from: number;
  /** Undefined while it is there. */
  until?: number;
}

export interface Timeline {
  title: string;
  /** What the picture begins and ends with. */
  from: number;
  until: number;
  nodes: readonly NodeSpan[];
  spans: readonly Span[];
}

/** Names of the runs in the order in which they came, which gives them their colours. */
export function runsOf(timelines: readonly Timeline[]): string[] {
  const spans = timelines.flatMap(({ spans: all, from }) =>
    all.map(span => ({ run: span.run, at: span.from - from })),
  );
  return [...new Set(spans.sort((one, other) => one.at - other.at).map(({ run }) => run))];
}
