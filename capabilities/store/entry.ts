/** All that is known of one run: its objects by the place they have there and by name, each with its version. */
import type { V1ObjectMeta, V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { hasEnded, isHeldByUs, type CustomRun, type PipelineRun, type TaskRun } from "../tekton/objects";

export interface KubeObject {
  metadata?: V1ObjectMeta;
}

export interface Known<T> {
  object: T;
  version: number;
  /** The list in which, or after the beginning of which, it was last told. */
  round: number;
}

export type Objects<T> = Map<string, Known<T>>;

export type Place = "run" | "statefulSet" | "pods" | "taskRuns" | "customRuns" | "children";

export interface Entry {
  run: Objects<PipelineRun>;
  statefulSet: Objects<V1StatefulSet>;
  pods: Objects<V1Pod>;
  taskRuns: Objects<TaskRun>;
  customRuns: Objects<CustomRun>;
  children: Objects<PipelineRun>;
  /** Whether no TaskRun, CustomRun or child can have been missed. */
  isComplete: boolean;
  /** Something showed that what is known is not what is. */
  isStale: boolean;
  podMissingSince: Date | undefined;
  /** When this process first saw the run. */
  runSeenSince: Date | undefined;
}

export const newEntry = (): Entry => ({
  run: new Map(),
  statefulSet: new Map(),
  pods: new Map(),
  taskRuns: new Map(),
  customRuns: new Map(),
  children: new Map(),
  isComplete: false,
  isStale: false,
  podMissingSince: undefined,
  runSeenSince: undefined,
});

export const versionOf = ({ metadata }: KubeObject): number => Number(metadata?.resourceVersion ?? 0);

export const only = <T>(objects: Objects<T> | undefined): T | undefined =>
  objects?.values().next().value?.object;
export const all = <T>(objects: Objects<T> | undefined): T[] =>
  objects === undefined ? [] : [...objects.values()].map(({ object }) => object);

export function wasLetGo(entry: Entry): boolean {
  const run = only(entry.run);
  return run !== undefined && !isHeldByUs(run);
}

export const hasRunOrPlaceholder = ({ run, statefulSet }: Entry): boolean =>
  run.size > 0 || statefulSet.size > 0;

/** Nothing will be decided on it any more; pods of it may be left. */
export function isOver(entry: Entry): boolean {
  const run = only(entry.run);
  return entry.statefulSet.size === 0 && (run === undefined || hasEnded(run));
}
