/** What a decision is made on: all that is known of a run, and whether that is enough. */
import type { Flags } from "../tekton/assistant";
import type { Observed } from "../phases/observed";
import { all, only, type Entry } from "./entry";
import { hasWholeSpec } from "./slim";

export interface Look {
  observed: Observed;
  /** Whether it has to be read afresh before anything is decided on it. */
  isComplete: boolean;
  /** Whether the run's spec is there in full. */
  isWhole: boolean;
}

export function lookAt(entry: Entry | undefined, { coschedule, hasTektonOperator }: Flags): Look {
  const run = only(entry?.run);
  const observed: Observed = {
    run,
    statefulSet: only(entry?.statefulSet),
    pods: all(entry?.pods),
    taskRuns: all(entry?.taskRuns),
    customRuns: all(entry?.customRuns),
    children: all(entry?.children),
    coschedule,
    hasTektonOperator,
  };
  if (entry?.podMissingSince !== undefined) observed.podMissingSince = entry.podMissingSince;
  if (entry?.runSeenSince !== undefined) observed.runSeenSince = entry.runSeenSince;
  return {
    observed,
    isComplete: entry === undefined || (entry.isComplete && !entry.isStale),
    isWhole: run !== undefined && hasWholeSpec(run),
  };
}
