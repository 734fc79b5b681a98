/** What is told at the end. Pure: figures in, lines out. */
import type { Invariant, Violation } from "./invariant";

export interface Findings {
  seed: number;
  minutes: number;
  runs: number;
  bug?: string;
  /** From the start of the plan until it was over, or the first violation. */
  seconds: number;
  /** Requests that came through the proxy, and the faults among them. */
  requests: number;
  faults: ReadonlyMap<string, number>;
  /** What people and other controllers did. */
  done: ReadonlyMap<string, number>;
  /** What the soak itself could not do, and why. */
  problems: ReadonlyMap<string, number>;
  changes: number;
  /** Seconds that bounds did not count, because the machine was busy. */
  lostSeconds: number;
  invariants: readonly Invariant[];
  violations: readonly Violation[];
  /** Whether it went on to the end of the plan. */
  isComplete: boolean;
}

/** Each invariant has to be exercised so often in ten minutes, and in other times in proportion. */
const LEAST_IN_TEN_MINUTES = 100;
const LONGEST_PROBLEM = 200;

export const leastExercised = (minutes: number): number =>
  Math.max(1, Math.floor((LEAST_IN_TEN_MINUTES * minutes) / 10));

/** Those that were not exercised often enough; of a soak that was ended early, none. */
export function unexercised({ invariants, minutes, isComplete }: Findings): Invariant[] {
  return isComplete ? invariants.filter(one => one.exercised() < leastExercised(minutes)) : [];
}

export const hasPassed = (findings: Findings): boolean =>
  findings.isComplete &&
  findings.violations.length === 0 &&
  findings.problems.size === 0 &&
  unexercised(findings).length === 0;

const table = (counts: ReadonlyMap<string, number>): string[] =>
  [...counts]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([what, count]) => `  ${String(count).padStart(6)}  ${what}`);

function invariantLines(findings: Findings): string[] {
  const least = leastExercised(findings.minutes);
  return findings.invariants.map(invariant => {
    const broken = findings.violations.filter(one => one.invariant === invariant.name).length;
    const tooFew = unexercised(findings).includes(invariant) ? `  TOO FEW, at least ${least} are needed` : "";
    const counts = `${String(invariant.exercised()).padStart(6)}  ${String(broken).padStart(4)}`;
    return `  ${counts}  ${invariant.name.padEnd(22)} ${invariant.claim}${tooFew}`;
  });
}

export function reportLines(findings: Findings): string[] {
  const { seed, minutes, runs, bug, seconds, requests, faults, done, problems, changes } = findings;
  const again = `npm run soak -- --seed ${seed} --minutes ${minutes} --runs ${runs}${bug ? ` --bug ${bug}` : ""}`;
  return [
    `Faults injected, among ${requests} requests of the controllers and in their watches:`,
    ...table(faults),
    "What was done to the cluster:",
    ...table(done),
    ...(problems.size > 0 ? ["What the soak itself could not do:"] : []),
    ...table(problems).map(line => line.slice(0, LONGEST_PROBLEM)),
    `Checked at ${changes} changes (exercised, violations):`,
    ...invariantLines(findings),
    ...findings.violations.map(({ invariant, message }) => `VIOLATION of "${invariant}": ${message}`),
    `${hasPassed(findings) ? "Passed" : "FAILED"} after ${Math.round(seconds)} s, ` +
      `${Math.round(findings.lostSeconds)} s of which did not count as the machine was busy, ` +
      `${findings.violations.length} violations, seed ${seed}. The same plan again: ${again}`,
  ];
}
