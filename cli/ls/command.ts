/** `ls` */
import { HELD_LABEL } from "../../capabilities/keys";
import { connect, Notes, type Where } from "../connection";
import { tableLines } from "../table";
import { outputFormat, painted } from "../terminal";
import { readListed } from "./read";
import { cellsOf, LS_HEAD, rowsOf } from "./rows";

export interface LsOptions extends Where {
  output: "text" | "json";
  allNamespaces: boolean;
  /** Runs that have ended as well. */
  ended: boolean;
}

export async function ls({ output, allNamespaces, ended, ...where }: LsOptions): Promise<void> {
  const connection = connect(where);
  const notes = new Notes();
  const namespace = allNamespaces ? undefined : connection.namespace;
  const listed = await readListed(connection, { namespace, labelSelector: HELD_LABEL }, notes);
  const now = new Date();
  const rows = rowsOf(listed, now, ended);
  if (output === "json") {
    console.log(JSON.stringify({ runs: rows, notes: notes.all }, undefined, 2));
    return;
  }
  const format = outputFormat();
  const scope = namespace === undefined ? "the cluster" : `namespace ${namespace}`;
  const cells = rows.map(row => cellsOf(row, now));
  const lines =
    rows.length > 0
      ? tableLines(LS_HEAD, cells, format)
      : [`No run in ${scope} is held or placed${ended ? "" : " (--ended shows those that were)"}.`];
  console.log([...lines, ...notes.all.map(note => painted(note, "dim", format))].join("\n"));
}
