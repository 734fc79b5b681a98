/** What was measured of runs on a real node, put into figures. Pure. */
import { waits, type PlaceholderSize, type PodTimes } from "../e2e/node/timeline";
import { parseQuantity } from "../capabilities/demand/resources";
import { markdownTable } from "../scripts/markdown";
import { percentile } from "./statistics";

/** Of one run, times in milliseconds of the epoch. */
export interface SeenRun {
  created: number;
  ended: number;
  pods: PodTimes[];
  sizes: PlaceholderSize[];
  /** All of it, a line for each, see e2e/node/timeline.ts. */
  timeline: string;
}

const cpus = ({ asked }: PlaceholderSize): number => parseQuantity("cpu", asked);

/** Milliseconds from each shrink that was asked for until the kubelet had it in force, and the scheduler counted it. */
export function shrinkTimes(sizes: readonly PlaceholderSize[]): number[] {
  return sizes.flatMap((size, index) => {
    const before = sizes[index - 1];
    if (before === undefined || cpus(size) >= cpus(before)) return [];
    const later = sizes.slice(index);
    // Another change may be asked for before it is in force.
    const next = later.findIndex(({ asked }) => asked !== size.asked);
    const inForce = later.slice(0, next < 0 ? undefined : next).find(one => one.inForce === size.asked);
    return inForce === undefined ? [] : [inForce.at - size.at];
  });
}

const first = (times: readonly (number | undefined)[]): number =>
  Math.min(...times.map(time => time ?? Infinity));

/** By the words of the table. */
const FIGURES: Readonly<Record<string, (run: SeenRun) => number[]>> = {
  "created, until the first pod is bound": ({ created, pods }) => [
    first(pods.map(({ bound }) => bound)) - created,
  ],
  "created, until the first pod runs": ({ created, pods }) => [
    first(pods.map(({ running }) => running)) - created,
  ],
  "a pod made, until it is bound": ({ pods }) =>
    pods.map(({ created, bound }) => (bound ?? Infinity) - created),
  "the pods before it have ended, until it is bound": ({ pods }) => waits(pods).map(({ forRoom }) => forRoom),
  "created, until the run has ended": ({ created, ended }) => [ended - created],
  "a shrink asked for, until its room counts": ({ sizes }) => shrinkTimes(sizes),
};

const cell = (values: readonly number[]): string =>
  values.length === 0 ? "" : `${percentile(values, 0.5)} / ${percentile(values, 0.9)}`;

/** @param kinds runs of each kind, by its name; each cell has p50 and p90 in milliseconds */
export function figuresTable(kinds: ReadonlyMap<string, readonly SeenRun[]>): string {
  const rows = Object.entries(FIGURES).map(([name, of]) => [
    name,
    ...[...kinds.values()].map(runs => cell(runs.flatMap(of))),
  ]);
  return markdownTable(["milliseconds, p50 / p90", ...kinds.keys()], rows);
}
