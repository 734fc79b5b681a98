/** Some runs of one kind at once, from their creation until nothing of the operator's is left of them. */
import { setTimeout as delay } from "node:timers/promises";
import { hasEnded } from "../capabilities/tekton/objects";
import type { OperatedCluster } from "../e2e/operated-cluster";
import { inTurns } from "../testbed/in-turns";
import { until } from "../testbed/until";
import type { Script } from "./by-script";
import { isScripted, runOfKind, type Kind } from "./kinds";
import type { Meter, Usage } from "./meter";
import { runsEnded, stagesOf, type Stage } from "./times";

const CREATIONS_AT_ONCE = 40;
const MOST_MILLISECONDS = 15 * 60_000;
/** For what the operator still does when all is over. */
const SETTLE_MILLISECONDS = 500;

export interface Batch {
  kind: Kind;
  runs: number;
  /** Milliseconds of each run, from its creation until its first pod was on a node. */
  waits: number[];
  /** Milliseconds of each run, from its creation until each stage. */
  stages: Map<Stage, number>[];
  /** Milliseconds from the first creation until the last run had ended. */
  allDone: number;
  usage: Usage;
}

/**
 * The namespace has to be there; it is named after the kind.
 *
 * @param script that places runs of the kinds that are its
 */
export async function runBatch(
  operated: OperatedCluster,
  meter: Meter,
  { kind, name, runs }: { kind: Kind; name: string; runs: number },
  script?: Script,
): Promise<Batch> {
  const created = new Map<string, number>();
  const placed: Promise<void>[] = [];
  const usage = await meter.during(async () => {
    await inTurns(runs, CREATIONS_AT_ONCE, async index => {
      const run = `${name}-${index}`;
      created.set(run, Date.now());
      // That it is placed is not waited for, as it is not with the operator.
      if (isScripted(kind)) placed.push(script!.place(kind, runOfKind(kind, run)));
      else await operated.createRun(kind, runOfKind(kind, run));
    });
    await Promise.all(placed);
    await until(`the runs ${name} of ${kind} to end`, MOST_MILLISECONDS, async () => {
      const ended = runsEnded(operated.history, kind);
      return [...created.keys()].every(run => ended.has(run));
    });
    if (isScripted(kind)) await Promise.all([...created.keys()].map(run => script!.clear(kind, run)));
    await operated.untilNoPlaceholder(kind, MOST_MILLISECONDS);
    await delay(SETTLE_MILLISECONDS);
  });
  const seen = stagesOf(operated.history, kind);
  const ended = runsEnded(operated.history, kind);
  const runNames = [...created.keys()];
  const start = Math.min(...created.values());
  requireSuccess(operated, kind, runNames);
  const stages = runNames.map(run => {
    const since = [...(seen.get(run) ?? [])].map(([stage, at]): [Stage, number] => [
      stage,
      at - created.get(run)!,
    ]);
    return new Map(since);
  });
  return {
    kind,
    runs,
    waits: stages.map(stage => stage.get("first pod bound") ?? NaN),
    stages,
    allDone: Math.max(...runNames.map(run => ended.get(run)!)) - start,
    usage,
  };
}

/** Figures of runs that failed would say nothing. */
function requireSuccess(operated: OperatedCluster, namespace: string, names: string[]): void {
  for (const run of operated.history.now("run", namespace)) {
    if (!names.includes(run.metadata!.name!)) continue;
    const condition = run.status?.conditions?.find(({ type }) => type === "Succeeded");
    if (!hasEnded(run) || condition?.status !== "True")
      throw new Error(`${namespace}/${run.metadata!.name} did not succeed: ${JSON.stringify(condition)}`);
  }
}
