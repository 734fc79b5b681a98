/** The board: what there is now, as lines for a terminal. */
import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { isPending, type PipelineRun } from "../capabilities/tekton/objects";
import { isActive, isPlaceholder, placeholderOf, runOf, schedulerReason } from "./observation";
import { line, wrapped, type Piece } from "./text";

export interface State {
  /** What is going on, in a sentence. */
  headline: string;
  /** Since the beginning. */
  seconds: number;
  nodes: readonly V1Node[];
  pods: readonly V1Pod[];
  runs: readonly PipelineRun[];
}

export interface Format {
  /** Columns; no line is longer. */
  width: number;
  colour: boolean;
}

const NAME_COLUMNS = 14;

/** Node by node and run by run, without ANSI escape codes other than colours. */
export function boardLines(state: State, format: Format): string[] {
  const { headline, seconds, nodes, runs } = state;
  const titled = (title: string, rest: string): string =>
    line(
      [
        [title.padEnd(NAME_COLUMNS), "bold"],
        [rest, "bold"],
      ],
      format,
    );
  return [
    line(
      [
        [`${seconds.toFixed(0).padStart(4)} s  `, "dim"],
        [headline, "bold"],
      ],
      format,
    ),
    "",
    titled("NODE", "PODS"),
    ...byName(nodes).map(node => line(nodePieces(node, state), format)),
    "",
    titled("RUN", "STATE"),
    ...byName(runs).flatMap(run => runLines(run, state, format)),
  ];
}

/** For output that cannot be redrawn: the state of each node and run, in a line each, by its name. */
export function facts(state: State): Map<string, string> {
  const plain = (pieces: Piece[]): string =>
    pieces
      .map(([text]) => text)
      .join("")
      .trimEnd();
  return new Map([
    ...byName(state.nodes).map(
      node => [`node ${node.metadata?.name}`, plain(nodePieces(node, state))] as const,
    ),
    ...byName(state.runs).map(run => {
      const reason = waitingFor(run, state.pods);
      const text = `${plain(runPieces(run, state))}${reason === undefined ? "" : `: ${reason}`}`;
      return [`run ${run.metadata?.name}`, text] as const;
    }),
  ]);
}

function byName<T extends { metadata?: { name?: string } }>(objects: readonly T[]): T[] {
  return [...objects].sort((one, other) => one.metadata!.name!.localeCompare(other.metadata!.name!));
}

function nodePieces({ metadata }: V1Node, { pods }: State): Piece[] {
  const here = byName(pods).filter(({ spec }) => spec?.nodeName === metadata?.name);
  const active = here.filter(isActive);
  const placeholders = active.filter(isPlaceholder).map(pod => `[${runOf(pod)}]`);
  const working = active.filter(pod => !isPlaceholder(pod)).map(podName);
  const finished = here.length - active.length;
  return [
    [(metadata?.name ?? "").padEnd(NAME_COLUMNS), undefined],
    placeholders.length + working.length === 0 ? ["free ", "dim"] : [`${placeholders.join(" ")} `, "cyan"],
    [working.map(name => `${name} `).join(""), "green"],
    [finished === 0 ? "" : `+ ${finished} finished`, "dim"],
  ];
}

/** Without what every pod of a run has in its name. */
function podName(pod: V1Pod): string {
  const name = pod.metadata?.name ?? "";
  const run = runOf(pod);
  return (run !== undefined && name.startsWith(`${run}-`) ? name.slice(run.length + 1) : name).replace(
    /-pod$/,
    "",
  );
}

/** Why a held run has no node yet, in the scheduler's words. */
function waitingFor(run: PipelineRun, pods: readonly V1Pod[]): string | undefined {
  const placeholder = placeholderOf(pods, run.metadata!.name!);
  return isPending(run) && placeholder !== undefined ? schedulerReason(placeholder) : undefined;
}

function runPieces(run: PipelineRun, { pods }: State): Piece[] {
  const placeholder = placeholderOf(pods, run.metadata!.name!);
  const node = placeholder?.spec?.nodeName;
  const at = placeholder === undefined ? "" : `, placeholder ${node ? `on ${node}` : "without a node"}`;
  return [[(run.metadata?.name ?? "").padEnd(NAME_COLUMNS), undefined], stateOf(run), [at, "cyan"]];
}

function stateOf(run: PipelineRun): Piece {
  const succeeded = run.status?.conditions?.find(({ type }) => type === "Succeeded");
  if (isPending(run)) return ["held", "yellow"];
  if (succeeded?.status === "True") return ["succeeded", "green"];
  if (succeeded?.status === "False") return [`failed (${succeeded.reason})`, "red"];
  return ["running", "green"];
}

function runLines(run: PipelineRun, state: State, format: Format): string[] {
  const reason = waitingFor(run, state.pods);
  const indent = " ".repeat(NAME_COLUMNS);
  const rows = reason === undefined ? [] : wrapped(reason, indent, format.width);
  return [line(runPieces(run, state), format), ...rows.map(row => line([[row, "yellow"]], format))];
}
