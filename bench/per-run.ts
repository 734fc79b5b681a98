/** What one run costs the operator, out of what several took. */
import type { Component } from "../testbed/operator";
import type { Batch } from "./batch";
import type { Usage } from "./meter";
import { percentile, sum } from "./statistics";

export type Part = Component | "surroundings" | "script";

const cpuOf = (usage: Usage, part: Part): number =>
  part === "surroundings" || part === "script" ? usage[part] : usage.cpu[part];

/** How much of it one run takes, beyond what there is of it in the same time when there is nothing to do. */
export function perRun(batches: readonly Batch[], idle: Usage, amount: (usage: Usage) => number): number {
  const used = sum(batches.map(({ usage }) => amount(usage)));
  const elapsed = sum(batches.map(({ usage }) => usage.milliseconds));
  const atRest = (amount(idle) / idle.milliseconds) * elapsed;
  return (used - atRest) / sum(batches.map(({ runs }) => runs));
}

/** Milliseconds of CPU. */
export const cpuPerRun = (batches: readonly Batch[], idle: Usage, part: Part): number =>
  perRun(batches, idle, usage => cpuOf(usage, part));

/**
 * Requests of the controller. The middle one of the batches: now and then something is read that has nothing to do
 * with the runs.
 */
export function requestsPerRun(batches: readonly Batch[], kind: "reads" | "writes" | "events"): number {
  return percentile(
    batches.map(({ usage, runs }) => usage.requests[kind] / runs),
    0.5,
  );
}

/** How often each request was made for one run, on the average: a line for each, the most frequent first. */
export function requestLines(batches: readonly Batch[]): string[] {
  const total = new Map<string, number>();
  for (const { usage } of batches)
    for (const [request, count] of usage.requests.each) total.set(request, (total.get(request) ?? 0) + count);
  const runs = sum(batches.map(batch => batch.runs));
  return [...total]
    .sort(([, one], [, other]) => other - one)
    .map(([request, count]) => `  ${(count / runs).toFixed(2).padStart(7)} ${request}`);
}
