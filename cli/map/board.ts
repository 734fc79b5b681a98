/** The answer to `map`: node by node, the runs there with what they keep and their pods; then the runs without a node. */
import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { hasFinished, hasNode } from "../../capabilities/phases/observed";
import { summaryOf } from "../../capabilities/placement/never-fits";
import { podRequests } from "../../capabilities/room/pod-requests";
import { resizable } from "../../capabilities/room/reservation";
import { rootRunOf } from "../../capabilities/store/root-run";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { asText } from "../../capabilities/tekton/run-key";
import { wordOf, type NodeWord } from "../node-words";
import { amounts } from "../words";
import { tableLines, type Cell } from "../table";
import type { Format } from "../terminal";
import { podName } from "../why/pods";
import type { RunRow } from "../ls/rows";

export interface OnNode {
  run: string;
  /** What its placeholder asks for now; undefined while that is not on the node. */
  keeps?: string;
  /** Names of pods that have not ended. */
  pods: string[];
  /** How many have. */
  ended: number;
}

export interface NodeRow {
  node: string;
  /** Undefined when nodes may not be read. */
  state?: NodeWord;
  /** CPU and memory that pods may ask for in all. */
  has?: string;
  runs: OnNode[];
}

function runsOn(pods: readonly V1Pod[]): OnNode[] {
  const runs = new Map<string, OnNode>();
  for (const pod of pods) {
    const key = rootRunOf(pod);
    if (key === undefined) continue;
    const name = asText(key);
    const known = runs.get(name) ?? { run: name, pods: [], ended: 0 };
    runs.set(name, known);
    if (!isPlaceholderPod(pod)) {
      if (hasFinished(pod)) known.ended += 1;
      else known.pods.push(podName(pod, key.name));
    } else if (!hasFinished(pod)) known.keeps = amounts(resizable(podRequests(pod)));
  }
  // Of a run that is over its ended pods are left, and nothing that needs the node.
  return [...runs.values()]
    .filter(({ keeps, pods: active }) => keeps !== undefined || active.length > 0)
    .sort((one, other) => one.run.localeCompare(other.run));
}

/**
 * @param nodes every node; undefined when they may not be read: then those that pods name are shown
 * @param pods of runs and placeholders
 */
export function nodeRows(nodes: readonly V1Node[] | undefined, pods: readonly V1Pod[]): NodeRow[] {
  const bound = pods.filter(hasNode);
  const names = nodes?.map(({ metadata }) => metadata!.name!) ?? bound.map(({ spec }) => spec!.nodeName!);
  const byName = new Map((nodes ?? []).map(node => [node.metadata!.name!, node]));
  return [...new Set(names)].sort(byNumber).map(node => {
    const row: NodeRow = { node, runs: runsOn(bound.filter(({ spec }) => spec!.nodeName === node)) };
    if (nodes === undefined) return row;
    const found = byName.get(node)!;
    row.state = wordOf(found);
    row.has = amounts(resizable(summaryOf(found).allocatable));
    return row;
  });
}

/** node-10 comes after node-9. */
const byNumber = (one: string, other: string): number => one.localeCompare(other, "en", { numeric: true });

function rowsOfNode({ node, state, has = "-", runs }: NodeRow): Cell[][] {
  const isUsable = state === undefined || state === "Ready";
  const about: Cell[] = [node, isUsable ? (state ?? "-") : { text: state, colour: "yellow" }, has];
  if (runs.length === 0) return [[...about, { text: "free", colour: "dim" }, "", ""]];
  return runs.map(({ run, keeps = "-", pods, ended }, index) => {
    const names = [...pods, ...(ended === 0 ? [] : [`+${ended} ended`])].join(", ");
    const first: Cell[] = index === 0 ? about : ["", "", ""];
    return [...first, { text: run, colour: "green" }, keeps, names || "-"];
  });
}

/** @param waiting runs that have no node */
export function mapLines(rows: readonly NodeRow[], waiting: readonly RunRow[], format: Format): string[] {
  const nodes = tableLines(
    ["NODE", "STATE", "HAS", "RUN", "KEEPS", "PODS"],
    rows.flatMap(rowsOfNode),
    format,
  );
  if (waiting.length === 0) return nodes;
  const held = waiting.map(({ namespace, name, queue, waitsFor = "" }): Cell[] => [
    { text: `${namespace}/${name}`, colour: "yellow" },
    queue === undefined ? "-" : String(queue.position),
    waitsFor,
  ]);
  return [...nodes, "", ...tableLines(["WITHOUT A NODE", "PLACE", "WAITS FOR"], held, format)];
}
