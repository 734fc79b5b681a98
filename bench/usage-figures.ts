/** The figures that latency and burst have in common: what a run costs, and the memory of the processes. */
import { KINDS, OPTED_IN_KINDS, SCRIPTED_KINDS, type Kind } from "./kinds";
import type { Batch } from "./batch";
import type { Report } from "./budget";
import { COMPONENTS, type Usage } from "./meter";
import { cpuPerRun, perRun, requestLines, requestsPerRun } from "./per-run";
import { memoryOf } from "./proc";
import type { Operator } from "../testbed/operator";

export const ofKind = (batches: readonly Batch[], kind: Kind): Batch[] =>
  batches.filter(batch => batch.kind === kind);

/** Counts of requests beside the budget, for the kinds that were run. */
export function reportRequests(report: Report, batches: readonly Batch[]): void {
  for (const kind of OPTED_IN_KINDS) {
    const some = ofKind(batches, kind);
    if (some.length === 0) continue;
    report.limited(`requests: reads a run, ${kind}`, requestsPerRun(some, "reads"));
    report.limited(`requests: writes a run, ${kind}`, requestsPerRun(some, "writes"));
  }
}

/**
 * Events of one run, beside the budget or not: runs that wait for longer than a moment, as in a burst, are told of in
 * more of them.
 */
export function reportEvents(report: Report, batches: readonly Batch[], isLimited: boolean): void {
  for (const kind of OPTED_IN_KINDS) {
    const some = ofKind(batches, kind);
    if (some.length === 0) continue;
    const [name, events] = [`requests: Events a run, ${kind}`, requestsPerRun(some, "events")];
    if (isLimited) report.limited(name, events);
    else report.noted(name, events, "");
  }
}

function reportCpu(report: Report, batches: readonly Batch[], idle: Usage): void {
  for (const component of COMPONENTS) {
    for (const kind of OPTED_IN_KINDS) {
      const some = ofKind(batches, kind);
      if (some.length > 0)
        report.limited(`CPU a run: ${component}, ${kind}`, cpuPerRun(some, idle, component));
    }
    const others = ofKind(batches, "not-opted-in");
    report.noted(`CPU a run: ${component}, not-opted-in`, cpuPerRun(others, idle, component), "ms");
    report.noted(`CPU at rest: ${component}`, (1000 * idle.cpu[component]) / idle.milliseconds, "ms/s");
  }
}

/** What a process uses that only hears and writes. */
function reportScript(report: Report, batches: readonly Batch[], idle: Usage): void {
  for (const kind of SCRIPTED_KINDS) {
    const some = ofKind(batches, kind);
    if (some.length > 0)
      report.noted(`CPU a run: the script, ${kind}`, cpuPerRun(some, idle, "script"), "ms");
  }
}

/** What a run costs all others: where that keeps the machine busy, nothing can be quicker than it allows. */
function reportSurroundings(report: Report, batches: readonly Batch[], idle: Usage): void {
  for (const kind of KINDS) {
    const some = ofKind(batches, kind);
    if (some.length === 0) continue;
    const cpu = cpuPerRun(some, idle, "surroundings");
    report.noted(`CPU a run: control plane and stand-ins, ${kind}`, cpu, "ms");
    const requests = perRun(some, idle, ({ apiServer }) => apiServer.requests);
    report.noted(`requests a run: of all clients, ${kind}`, requests, "");
    const webhooks = perRun(some, idle, ({ apiServer }) => apiServer.webhooks);
    report.noted(`requests a run: of the API server to webhooks, ${kind}`, webhooks, "");
  }
}

function reportMemory(report: Report, operator: Operator): void {
  for (const component of COMPONENTS) {
    const all = operator.processes(component).map(({ pid }) => memoryOf(pid));
    report.noted(`memory: ${component}, now`, Math.max(...all.map(({ resident }) => resident)), "MiB");
    report.noted(`memory: ${component}, peak`, Math.max(...all.map(({ peak }) => peak)), "MiB");
  }
}

/** The last figures of a benchmark that compares kinds. */
export function reportUsage(
  report: Report,
  batches: readonly Batch[],
  idle: Usage,
  operator: Operator,
): void {
  reportRequests(report, batches);
  reportEvents(report, batches, false);
  reportCpu(report, batches, idle);
  reportScript(report, batches, idle);
  reportSurroundings(report, batches, idle);
  reportMemory(report, operator);
}

/** For whoever wants to know which requests they are. */
export function printRequests(batches: readonly Batch[], idle: Usage): void {
  for (const kind of OPTED_IN_KINDS) {
    const some = ofKind(batches, kind);
    if (some.length > 0) console.log(`requests for one run, ${kind}:\n${requestLines(some).join("\n")}`);
  }
  const atRest = [...idle.requests.each].map(([request, count]) => `${count} ${request}`);
  const seconds = (idle.milliseconds / 1000).toFixed(0);
  console.log(`requests in ${seconds} s at rest: ${atRest.join(", ") || "none"}\n`);
}
