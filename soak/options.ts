/** The command line of `npm run soak`. */
import { parseArgs } from "node:util";
import { BUGS, type Bug } from "./bugs";

export interface SoakOptions {
  seed: number;
  minutes: number;
  /** How many runs are created in all. */
  runs: number;
  /** The operator is broken on purpose. */
  bug?: Bug;
  /** Nodes come and go, and nothing else happens. */
  nodes?: true;
}

const RUNS_PER_MINUTE = 60;
const MINUTES = 10;
const AMONG_NODES = { minutes: 3, runs: 100 };
const MOST_SEED = 2 ** 32 - 1;
const MOST_MINUTES = 24 * 60;
const MOST_RUNS = 100_000;

export const USAGE = `npm run soak -- [options]

Runs the operator among faults on a cluster of its own, and checks what it promises at every change.

  --seed N      what is drawn with it: the same plan again (default: a new one, which is told)
  --minutes M   how long things are made to happen, 0.5 to ${MOST_MINUTES} (default ${MINUTES})
  --runs R      PipelineRuns created in all, 1 to ${MOST_RUNS} (default ${RUNS_PER_MINUTE} for each minute)
  --nodes       in place of all that: every 2 s a node is cordoned, drained, lost, tainted or deleted, and has to be
                survived (default ${AMONG_NODES.minutes} minutes and ${AMONG_NODES.runs} runs)
  --bug NAME    breaks the operator on purpose: ${BUGS.map(({ name }) => name).join(", ")}
  --help        this text

Exit codes: 0 everything held, 1 something did not or was not exercised enough, 2 the command line is wrong.`;

function number(
  name: string,
  text: string,
  { least, most, whole }: { least: number; most: number; whole: boolean },
): number {
  const value = Number(text);
  const isIn = text.trim() !== "" && value >= least && value <= most && (!whole || Number.isInteger(value));
  if (isIn) return value;
  throw new Error(
    `--${name} is "${text}", and must be a ${whole ? "whole " : ""}number from ${least} to ${most}`,
  );
}

/**
 * @param args as after the script's name
 * @param newSeed for a soak without --seed
 * @returns undefined when help is wanted
 * @throws Error that says what is wrong with the arguments
 */
export function parseOptions(args: string[], newSeed: number): SoakOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: "string", default: String(newSeed) },
      minutes: { type: "string" },
      runs: { type: "string" },
      bug: { type: "string" },
      nodes: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const given = values.minutes ?? String(values.nodes ? AMONG_NODES.minutes : MINUTES);
  const minutes = number("minutes", given, { least: 0.5, most: MOST_MINUTES, whole: false });
  const bug = BUGS.find(({ name }) => name === values.bug);
  if (values.bug !== undefined && bug === undefined) {
    throw new Error(
      `--bug is "${values.bug}", and must be one of ${BUGS.map(({ name }) => name).join(", ")}`,
    );
  }
  const runs = values.nodes ? AMONG_NODES.runs : Math.ceil(RUNS_PER_MINUTE * minutes);
  return {
    seed: number("seed", values.seed, { least: 0, most: MOST_SEED, whole: true }),
    minutes,
    runs: number("runs", values.runs ?? String(runs), {
      ...{ least: 1, most: MOST_RUNS, whole: true },
    }),
    ...(bug !== undefined && { bug }),
    ...(values.nodes && { nodes: true }),
  };
}
