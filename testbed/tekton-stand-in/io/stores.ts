/** All that the stand-in has seen of the cluster. */
import type { V1Pod } from "@kubernetes/client-node";
import { managedByTekton } from "../keys";
import type { ChildKind, PipelineRun, Run, TaskRun } from "../types";
import { Store } from "./store";

export class Stores {
  readonly pipelineRuns = new Store<PipelineRun>();
  readonly taskRuns = new Store<TaskRun>();
  readonly customRuns = new Store<Run>();
  readonly pods = new Store<V1Pod>();

  /** The store of a kind of run. */
  of(kind: ChildKind): Store<Run> {
    const stores = { PipelineRun: this.pipelineRuns, TaskRun: this.taskRuns, CustomRun: this.customRuns };
    return stores[kind] as Store<Run>;
  }
}

/** Whether the run is for Tekton, and not for another controller. */
export function isOurs(run: Run): boolean {
  const managedBy = run.spec["managedBy"];
  return managedBy === undefined || managedBy === null || managedBy === managedByTekton;
}
