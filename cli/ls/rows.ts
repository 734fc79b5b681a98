/** The answer to `ls`: one row for each run that this operator holds or has placed. */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import type { Observed } from "../../capabilities/phases/observed";
import { rootRunOf } from "../../capabilities/store/root-run";
import { hasEnded, isChild, type PipelineRun, type TaskRun } from "../../capabilities/tekton/objects";
import { asText } from "../../capabilities/tekton/run-key";
import { clock, duration, ordinal } from "../words";
import type { Cell } from "../table";
import { COLOURS } from "../why/text";
import { nameOf, queueOf, type Queue } from "../why/queue";
import { standingOf, type State } from "../why/standing";
import type { ToldEvent } from "../why/told-event";

export interface Listed {
  runs: readonly PipelineRun[];
  statefulSets: readonly V1StatefulSet[];
  /** Of runs and placeholders. */
  pods: readonly V1Pod[];
  taskRuns: readonly TaskRun[];
  /** By NAMESPACE/NAME of the run. */
  events: ReadonlyMap<string, readonly ToldEvent[]>;
  /** Held runs of the cluster, or of the namespace where no others may be read. */
  held: readonly PipelineRun[];
  within: Queue["within"];
  /** Whether placeholders could not be looked at. */
  isPartial: boolean;
}

export interface RunRow {
  namespace: string;
  name: string;
  state: State;
  node?: string;
  created: Date;
  queue?: Queue;
  /** What it waits for, or why it is none of this operator's. */
  waitsFor?: string;
}

type Grouped = Pick<Observed, "pods" | "taskRuns" | "children"> & { statefulSet?: V1StatefulSet };

/** What belongs to each run, by NAMESPACE/NAME. */
function grouped({ statefulSets, pods, taskRuns, runs }: Listed): Map<string, Grouped> {
  const groups = new Map<string, Grouped>();
  const groupOf = (object: V1Pod | V1StatefulSet | TaskRun): Grouped => {
    const key = rootRunOf(object);
    const text = key === undefined ? "" : asText(key);
    const known = groups.get(text) ?? { pods: [], taskRuns: [], children: [] };
    groups.set(text, known);
    return known;
  };
  for (const one of statefulSets) groupOf(one).statefulSet = one;
  for (const one of pods) groupOf(one).pods.push(one);
  for (const one of taskRuns) groupOf(one).taskRuns.push(one);
  for (const one of runs.filter(isChild)) groupOf(one).children.push(one);
  return groups;
}

const NONE: Grouped = { pods: [], taskRuns: [], children: [] };

/** @param withEnded whether runs that have ended are listed as well */
export function rowsOf(listed: Listed, now: Date, withEnded: boolean): RunRow[] {
  const groups = grouped(listed);
  return listed.runs
    .filter(run => !isChild(run) && (withEnded || !hasEnded(run)))
    .map(run => {
      const { statefulSet, ...own } = groups.get(nameOf(run)) ?? NONE;
      const observed: Observed = { run, statefulSet, ...own, customRuns: [], coschedule: "disabled" };
      const events = listed.events.get(nameOf(run)) ?? [];
      const { isPartial } = listed;
      const { state, node, wait, because } = standingOf(
        { run, observed, events, neighbours: [], notes: [], isPartial },
        now,
      );
      const queue = queueOf(run, listed.held, listed.within);
      const row: RunRow = {
        namespace: run.metadata!.namespace!,
        name: run.metadata!.name!,
        state,
        created: new Date(run.metadata!.creationTimestamp ?? 0),
      };
      if (node !== undefined) row.node = node;
      if (queue !== undefined) row.queue = queue;
      if (wait !== undefined || because !== undefined) row.waitsFor = wait?.what ?? because!;
      return row;
    })
    .sort((one, other) => one.created.getTime() - other.created.getTime());
}

export const LS_HEAD = ["NAMESPACE", "NAME", "STATE", "NODE", "QUEUE", "AGE", "CREATED (UTC)", "WAITS FOR"];

export const cellsOf = (row: RunRow, now: Date): Cell[] => {
  const { namespace, name, state, node = "-", queue, created, waitsFor = "-" } = row;
  const colour = COLOURS[state];
  return [
    namespace,
    name,
    colour === undefined ? state : { text: state, colour },
    node,
    queue === undefined ? "-" : `${ordinal(queue.position)} of ${queue.length}`,
    duration(now.getTime() - created.getTime()),
    clock(created, now),
    waitsFor,
  ];
};
