/** `map` */
import { writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { PLACEHOLDER_LABEL } from "../../capabilities/keys";
import type { PipelineRun } from "../../capabilities/tekton/objects";
import { svgOf } from "../../pictures/svg";
import { connect, Notes, type Connection, type Where } from "../connection";
import { Lists } from "../lists";
import { rowsOf } from "../ls/rows";
import { outputFormat, painted, Redrawn } from "../terminal";
import { UNPLACED } from "../why/read";
import { mapLines, nodeRows } from "./board";
import { timelineOf } from "./picture";

export interface MapOptions extends Where {
  output: "text" | "json";
  /** Draws it again and again, until it is ended. */
  watch: boolean;
  /** A file to write a picture to. */
  svg?: string;
}

const WATCH_MILLISECONDS = 2000;

interface Read {
  nodes: V1Node[] | undefined;
  pods: V1Pod[];
  held: PipelineRun[];
  within: "cluster" | "namespace";
  notes: string[];
}

/** Of all namespaces, unless one is named, or no others may be read. */
async function read({ clients, namespace }: Connection, where: Where): Promise<Read> {
  const lists = new Lists(clients);
  const notes = new Notes();
  const nodes = notes.ifAllowed("nodes", "free nodes are not shown", lists.nodes());
  const of = (namespace: string | undefined) =>
    Promise.all([
      lists.pods({ namespace, labelSelector: PLACEHOLDER_LABEL }),
      lists.runs({ namespace, labelSelector: UNPLACED }),
    ]);
  const all = where.namespace === undefined;
  const found = all
    ? await notes.ifAllowed(
        "pods and PipelineRuns of all namespaces",
        `only ${namespace} is shown`,
        of(undefined),
      )
    : undefined;
  const [pods, held] = found ?? (await of(namespace));
  const within = found === undefined ? "namespace" : "cluster";
  return { nodes: await nodes, pods, held, within, notes: notes.all };
}

/** Held runs alone, with their placeholders' pods and no more: enough for what the scheduler says. */
function waitingRows({ pods, held, within }: Read, now: Date) {
  const none = { statefulSets: [], taskRuns: [], events: new Map(), isPartial: true };
  return rowsOf({ ...none, runs: held, pods, held, within }, now, false).filter(
    ({ state }) => state === "held",
  );
}

export async function map({ output, watch, svg, ...where }: MapOptions): Promise<void> {
  const connection = connect(where);
  const board = new Redrawn();
  do {
    const seen = await read(connection, where);
    const now = new Date();
    const rows = nodeRows(seen.nodes, seen.pods);
    const waiting = waitingRows(seen, now);
    if (svg !== undefined) await writeFile(svg, svgOf([timelineOf(seen.nodes, seen.pods, now.getTime())]));
    if (output === "json")
      console.log(JSON.stringify({ nodes: rows, waiting, notes: seen.notes }, undefined, 2));
    else {
      const format = outputFormat();
      board.show([
        ...mapLines(rows, waiting, format),
        ...seen.notes.map(note => painted(note, "dim", format)),
      ]);
    }
    if (watch) await delay(WATCH_MILLISECONDS);
  } while (watch);
}
