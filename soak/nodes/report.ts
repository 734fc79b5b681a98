/** What is told of runs among nodes that come and go. Pure: figures in, lines out. */
import type { Invariant, Violation } from "../invariant";
import type { Stall } from "./stalls";

export interface NodeFindings {
  seed: number;
  minutes: number;
  runs: number;
  seconds: number;
  /** How often each event befell a node. */
  events: ReadonlyMap<string, number>;
  /** How many runs ended, by the reason of their end. */
  results: ReadonlyMap<string, number>;
  /** Names of runs that did not end. */
  unended: readonly string[];
  /** One of each run, longest first. */
  longest: readonly Stall[];
  invariants: readonly Invariant[];
  violations: readonly Violation[];
  /** What the soak itself could not do. */
  problems: readonly string[];
}

const TOLD_STALLS = 5;

export function haveAllEnded({ results, unended, runs, violations, problems }: NodeFindings): boolean {
  const ended = [...results.values()].reduce((total, count) => total + count, 0);
  return ended === runs && unended.length + violations.length + problems.length === 0;
}

const counts = (of: ReadonlyMap<string, number>): string =>
  [...of]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([what, count]) => `${count} ${what}`)
    .join(", ");

const median = (stalls: readonly Stall[]): number => stalls[Math.floor(stalls.length / 2)]?.seconds ?? 0;

export function nodeReportLines(findings: NodeFindings): string[] {
  const { seed, minutes, runs, seconds, events, results, unended, longest, violations, problems } = findings;
  const all = [...events.values()].reduce((total, count) => total + count, 0);
  return [
    `${all} events of nodes: ${counts(events)}`,
    `${runs} runs ended: ${counts(results)}`,
    ...unended.map(name => `NOT ENDED: ${name}`),
    "For how long nothing of a run went on, its own tasks' seconds among them:",
    `  median of the longest of each ${median(longest).toFixed(1)} s; the longest of all`,
    ...longest
      .slice(0, TOLD_STALLS)
      .map(
        ({ run, seconds: long, from, to }) => `  ${long.toFixed(1).padStart(6)} s  ${run}: ${from} → ${to}`,
      ),
    "Checked (exercised):",
    ...findings.invariants.map(
      one => `  ${String(one.exercised()).padStart(6)}  ${one.name.padEnd(22)} ${one.claim}`,
    ),
    ...violations.map(({ invariant, message }) => `VIOLATION of "${invariant}": ${message}`),
    ...problems.map(problem => `the soak itself could not: ${problem.slice(0, 200)}`),
    `${haveAllEnded(findings) ? "Passed" : "FAILED"} after ${Math.round(seconds)} s, seed ${seed}. The same plan again: ` +
      `npm run soak -- --nodes --seed ${seed} --minutes ${minutes} --runs ${runs}`,
  ];
}
