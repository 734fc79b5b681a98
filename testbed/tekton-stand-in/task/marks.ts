/** The stages of a TaskRun's status: begun, going on, tried again, ended. */
import type { V1Pod } from "@kubernetes/client-node";
import { conditionOf, succeeded } from "../conditions";
import { timestamp } from "../duration";
import { annotation, label, release, taskRunCancelled, taskRunPending } from "../keys";
import { withDefinition } from "../metadata";
import type { Labels, TaskRun, TaskRunStatus, TaskSpec } from "../types";
import { podVerdict, stepStates, type Verdict } from "./status";

/** A Task as it was looked up, or embedded. */
export interface TaskDefinition {
  /** That of a Task that was looked up. */
  name?: string;
  labels?: Labels;
  annotations?: Labels;
  spec: TaskSpec;
}

/** The TaskRun that failed and is to be tried again: its status put by, to begin anew. */
function archived(run: TaskRun, now: number): TaskRun {
  const { retriesStatus = [], startTime: _start, completionTime: _end, podName: _pod, ...rest } = run.status!;
  const { retriesStatus: _retries, ...attempt } = run.status!;
  const condition = conditionOf(run)!;
  const conditions = [succeeded(condition, "Unknown", "ToBeRetried", condition.message, now)];
  return { ...run, status: { ...rest, conditions, retriesStatus: [...retriesStatus, attempt] } };
}

/** The TaskRun with the condition: ended, to be tried again, or going on. */
export function marked(run: TaskRun, { status, reason, message }: Verdict, now: number): TaskRun {
  const conditions = [succeeded(conditionOf(run), status, reason, message, now)];
  const completion = status === "Unknown" ? {} : { completionTime: timestamp(now) };
  const result: TaskRun = { ...run, status: { ...run.status, conditions, ...completion } };
  const triesLeft = (run.spec.retries ?? 0) - (run.status?.retriesStatus?.length ?? 0);
  const isRetried = status === "False" && triesLeft > 0 && run.spec.status !== taskRunCancelled;
  return isRetried ? archived(result, now) : result;
}

/** The TaskRun with a start time. */
export function begun(run: TaskRun, now: number): TaskRun {
  const annotations = { ...run.metadata.annotations, [annotation.release]: release };
  const started: TaskRun = { ...run, metadata: { ...run.metadata, annotations } };
  if (run.status?.startTime || run.spec.status === taskRunPending) return started;
  const created = Date.parse(run.metadata.creationTimestamp ?? timestamp(now));
  return { ...started, status: { ...run.status, startTime: timestamp(Math.max(now, created)) } };
}

/** The TaskRun with the labels and annotations of its Task. */
export function withTask(run: TaskRun, task: TaskDefinition): TaskRun {
  if (run.status?.taskSpec) return run;
  const metadata = withDefinition(run.metadata, task);
  const name: Labels = task.name ? { [label.task]: task.name } : {};
  return { ...run, metadata: { ...metadata, labels: { ...metadata.labels, ...name } } };
}

/** The TaskRun as its pod makes it. */
export function withPod(run: TaskRun, pod: V1Pod, now: number): TaskRun {
  const status: TaskRunStatus = {
    ...run.status,
    podName: pod.metadata!.name!,
    steps: stepStates(pod) as TaskRunStatus["steps"] & object,
  };
  const ignoreFailure = run.metadata.annotations?.[annotation.onError] === "continue";
  return marked({ ...run, status }, podVerdict(pod, ignoreFailure), now);
}
