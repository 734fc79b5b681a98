/** `map` */
import { writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { V1Node } from "@kubernetes/client-node";
import { statusOf } from "../../capabilities/kube/errors";
import { svgOf } from "../../pictures/svg";
import { connect, Notes, type Connection, type Where } from "../connection";
import { Lists } from "../lists";
import { readListed } from "../ls/read";
import { rowsOf, type Listed } from "../ls/rows";
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
const FORBIDDEN = 403;

interface Read {
  nodes: V1Node[] | undefined;
  listed: Listed;
  notes: string[];
}

async function readIn(connection: Connection, namespace: string | undefined): Promise<Read> {
  const notes = new Notes();
  const lists = new Lists(connection.clients);
  const [listed, nodes] = await Promise.all([
    readListed(connection, { namespace, labelSelector: UNPLACED }, notes),
    notes.ifAllowed("nodes", "free nodes are not shown", lists.nodes()),
  ]);
  return { nodes, listed, notes: notes.all };
}

/** Of all namespaces, unless one is named, or no others may be read. */
async function read(connection: Connection, where: Where): Promise<Read> {
  try {
    return await readIn(connection, where.namespace);
  } catch (error) {
    const isForbidden = error instanceof Error && statusOf(error.cause) === FORBIDDEN;
    if (where.namespace !== undefined || !isForbidden) throw error;
    const { namespace } = connection;
    const { notes, ...own } = await readIn(connection, namespace);
    const note = `You may not read PipelineRuns of all namespaces, so only ${namespace} is shown.`;
    return { ...own, notes: [note, ...notes] };
  }
}

export async function map({ output, watch, svg, ...where }: MapOptions): Promise<void> {
  const connection = connect(where);
  const board = new Redrawn();
  do {
    const { nodes, listed, notes } = await read(connection, where);
    const now = new Date();
    const rows = nodeRows(nodes, listed.pods);
    const waiting = rowsOf(listed, now, false).filter(({ state }) => state === "held");
    if (svg !== undefined) await writeFile(svg, svgOf([timelineOf(nodes, listed.pods, now.getTime())]));
    if (output === "json") console.log(JSON.stringify({ nodes: rows, waiting, notes }, undefined, 2));
    else {
      const format = outputFormat();
      board.show([...mapLines(rows, waiting, format), ...notes.map(note => painted(note, "dim", format))]);
    }
    if (watch) await delay(WATCH_MILLISECONDS);
  } while (watch);
}
