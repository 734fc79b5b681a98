/**
 * One step in the life of a TaskRun: from what is observed to what is to be made, deleted and written.
 * Pure; the order of its parts is that of Tekton's reconciler.
 */
import type { V1Pod } from "@kubernetes/client-node";
import { conditionOf, isDone, succeeded } from "../conditions";
import { elapsed, parseDuration, timestamp } from "../duration";
import { annotation, label, release, taskRunCancelled, unsupportedReason } from "../keys";
import { withDefinition } from "../metadata";
import { unsupportedInTask } from "../pipeline/unsupported";
import { claims, withClaim } from "../pipeline/workspaces";
import { missingParams } from "../substitution";
import type { Labels, TaskRun, TaskRunStatus, TaskSpec, Wanted, WantedPod } from "../types";
import { taskRunPod } from "./pod";
import { resolvedTaskSpec } from "./resolve";
import { areSidecarsReady, podVerdict, stepStates, type Verdict } from "./status";

export interface Observed {
  run: TaskRun;
  /** The Task as it was looked up or embedded; undefined when the one referred to does not exist. */
  task: { name?: string; labels?: Labels; annotations?: Labels; spec: TaskSpec } | undefined;
  pod: V1Pod | undefined;
  /** Milliseconds since the epoch. */
  now: number;
}

export interface Outcome {
  /** The TaskRun with its labels, annotations and status as they are to be; without a pod yet when one is to be made. */
  run: TaskRun;
  claims?: Wanted[];
  createPod?: WantedPod;
  deletePod?: string;
  /** The pod's sidecars are up: its first step is to be told. */
  markReady?: string;
  requeueAfterMilliseconds?: number;
}

const defaultTimeout = "1h0m0s";
const pendingStatus = "TaskRunPending";

const timeoutMilliseconds = (run: TaskRun): number => parseDuration(run.spec.timeout ?? defaultTimeout);

const failure = (reason: string, message: string): Verdict => ({ status: "False", reason, message });

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

function begun(run: TaskRun, now: number): TaskRun {
  const annotations = { ...run.metadata.annotations, [annotation.release]: release };
  const started: TaskRun = { ...run, metadata: { ...run.metadata, annotations } };
  if (run.status?.startTime || run.spec.status === pendingStatus) return started;
  const created = Date.parse(run.metadata.creationTimestamp ?? timestamp(now));
  return { ...started, status: { ...run.status, startTime: timestamp(Math.max(now, created)) } };
}

function withTask(run: TaskRun, task: NonNullable<Observed["task"]>): TaskRun {
  if (run.status?.taskSpec) return run;
  const metadata = withDefinition(run.metadata, task);
  const name: Labels = task.name ? { [label.task]: task.name } : {};
  return { ...run, metadata: { ...metadata, labels: { ...metadata.labels, ...name } } };
}

/** Stopped by cancellation or timeout: failed, and its pod deleted. */
function stopped(run: TaskRun, verdict: Verdict, now: number): Outcome {
  const podName = run.status?.podName;
  return { run: marked(run, verdict, now), ...(podName ? { deletePod: podName } : {}) };
}

function invalid(run: TaskRun, spec: TaskSpec): Verdict | undefined {
  const notSupported = unsupportedInTask(run.metadata.name, spec);
  if (notSupported) return failure(unsupportedReason, notSupported);
  if (run.spec["debug"])
    return failure(
      unsupportedReason,
      "debug (breakpoints) is not supported by the test bed's stand-in for Tekton",
    );
  const params = missingParams(spec.params, run.spec.params);
  if (params.length > 0) {
    return failure(
      "TaskRunValidationFailed",
      `invalid input params for task: missing values for these params which have no default values: [${params.join(" ")}]`,
    );
  }
  const bound = new Set(run.spec.workspaces?.map(workspace => workspace.name));
  const unbound = spec.workspaces?.find(workspace => !workspace.optional && !bound.has(workspace.name));
  return (
    unbound &&
    failure(
      "TaskRunValidationFailed",
      `bound workspaces did not match declared workspaces: declared workspace "${unbound.name}" is required but has not been bound`,
    )
  );
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

/** What has to happen to the TaskRun now. */
export function reconcileTaskRun({ run: observed, task, pod, now }: Observed): Outcome {
  if (isDone(observed)) return { run: observed };
  const run = begun(observed, now);
  if (run.spec.status === taskRunCancelled) {
    const message = `TaskRun "${run.metadata.name}" was cancelled. ${run.spec.statusMessage ?? ""}`;
    return stopped(run, failure(taskRunCancelled, message), now);
  }
  if (run.spec.status === pendingStatus) {
    const message = `TaskRun "${run.metadata.name}" is pending`;
    return { run: marked(run, { status: "Unknown", reason: pendingStatus, message }, now) };
  }
  const limit = timeoutMilliseconds(run);
  const left = limit - elapsed(run.status!.startTime!, now);
  if (limit > 0 && left < 0) {
    const message = `TaskRun "${run.metadata.name}" failed to finish within "${run.spec.timeout ?? defaultTimeout}"`;
    return stopped(run, failure("TaskRunTimeout", message), now);
  }
  if (!task) {
    const message = `failed to get task: tasks.tekton.dev "${run.spec.taskRef?.name}" not found`;
    return { run: marked(run, failure("TaskRunResolutionFailed", message), now) };
  }
  const known = withTask(run, task);
  const wrong = invalid(known, task.spec);
  if (wrong) return { run: marked(known, wrong, now) };
  const bound: TaskRun = {
    ...known,
    spec: { ...known.spec, workspaces: known.spec.workspaces?.map(item => withClaim(item, known)) ?? [] },
  };
  const taskSpec = resolvedTaskSpec(bound, task.spec, task.name ?? "");
  const next: TaskRun = { ...known, status: { ...known.status, taskSpec } };
  const requeue = limit > 0 ? { requeueAfterMilliseconds: left + 1 } : {};
  if (!pod)
    return {
      run: next,
      claims: claims(known.spec.workspaces, known),
      createPod: taskRunPod(bound, taskSpec),
      ...requeue,
    };
  const isToBeMarked = areSidecarsReady(pod) && pod.metadata?.annotations?.[annotation.ready] === undefined;
  return {
    run: withPod(next, pod, now),
    ...(isToBeMarked ? { markReady: pod.metadata!.name! } : {}),
    ...requeue,
  };
}
