/** `ls` */
import { HELD_LABEL, PLACEHOLDER_LABEL, PLACEHOLDER_SELECTOR } from "../../capabilities/keys";
import { connect, Notes, type Connection, type Where } from "../connection";
import { Lists } from "../lists";
import { tableLines } from "../table";
import { outputFormat, painted } from "../terminal";
import { UNPLACED } from "../why/read";
import { toldEvent, type ToldEvent } from "../why/told-event";
import { cellsOf, LS_HEAD, rowsOf, type Listed } from "./rows";

export interface LsOptions extends Where {
  output: "text" | "json";
  allNamespaces: boolean;
  /** Runs that have ended as well. */
  ended: boolean;
}

async function read({ clients }: Connection, namespace: string | undefined, notes: Notes): Promise<Listed> {
  const lists = new Lists(clients);
  const of = (labelSelector: string) => ({ namespace, labelSelector });
  const [runs, statefulSets, pods, taskRuns, events, all] = await Promise.all([
    lists.runs(of(HELD_LABEL)),
    notes.ifAllowed(
      "StatefulSets",
      "placeholders are not known",
      lists.statefulSets(of(PLACEHOLDER_SELECTOR)),
    ),
    notes.ifAllowed("pods", "nodes are not known", lists.pods(of(PLACEHOLDER_LABEL))),
    notes.ifAllowed("TaskRuns", "what is still to come is not known", lists.taskRuns(of(PLACEHOLDER_LABEL))),
    notes.ifAllowed(
      "Events",
      "what was told is not known",
      lists.events({ namespace, fieldSelector: "involvedObject.kind=PipelineRun" }),
    ),
    namespace === undefined
      ? undefined
      : notes.ifAllowed(
          "PipelineRuns of all namespaces",
          "places in the queue are those in the namespace alone",
          lists.runs({ labelSelector: UNPLACED }),
        ),
  ]);
  const told = new Map<string, ToldEvent[]>();
  for (const event of events ?? []) {
    const { namespace: of, name } = event.involvedObject;
    const key = `${of}/${name}`;
    told.set(key, [...(told.get(key) ?? []), toldEvent(event)]);
  }
  return {
    ...{ runs, statefulSets: statefulSets ?? [], pods: pods ?? [], taskRuns: taskRuns ?? [], events: told },
    held: all ?? runs,
    within: all !== undefined || namespace === undefined ? "cluster" : "namespace",
    isPartial: statefulSets === undefined || pods === undefined,
  };
}

export async function ls({ output, allNamespaces, ended, ...where }: LsOptions): Promise<void> {
  const connection = connect(where);
  const notes = new Notes();
  const listed = await read(connection, allNamespaces ? undefined : connection.namespace, notes);
  const now = new Date();
  const rows = rowsOf(listed, now, ended);
  if (output === "json") {
    console.log(JSON.stringify({ runs: rows, notes: notes.all }, undefined, 2));
    return;
  }
  const format = outputFormat();
  const scope = allNamespaces ? "the cluster" : `namespace ${connection.namespace}`;
  const lines =
    rows.length === 0
      ? [`No run in ${scope} is held or placed${ended ? "" : " (--ended shows those that were)"}.`]
      : tableLines(
          LS_HEAD,
          rows.map(row => cellsOf(row, now)),
          format,
        );
  console.log([...lines, ...notes.all.map(note => painted(note, "dim", format))].join("\n"));
}
