/**
 * One step in the life of a TaskRun: from what is observed to what is to be made, deleted and written.
 * Pure; the order of its parts is that of Tekton's reconciler.
 */
import type { V1Pod } from "@kubernetes/client-node";
import { isDone } from "../conditions";
import { elapsed, parseDuration } from "../duration";
import { annotation, taskRunCancelled, taskRunPending } from "../keys";
import { claims, withClaim } from "../pipeline/workspaces";
import type { TaskRun, Wanted, WantedPod } from "../types";
import { begun, marked, withPod, withTask, type TaskDefinition } from "./marks";
import { taskRunPod } from "./pod";
import { failure, problem } from "./problems";
import { resolvedPodTemplate, resolvedTaskSpec, resolvedWorkspaces } from "./resolve";
import { areSidecarsReady, type Verdict } from "./status";

export interface Observed {
  run: TaskRun;
  /** The Task as it was looked up or embedded; undefined when the one referred to does not exist. */
  task: TaskDefinition | undefined;
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

const timeoutMilliseconds = (run: TaskRun): number => parseDuration(run.spec.timeout ?? defaultTimeout);

/** Stopped by cancellation or timeout: failed, and its pod deleted. */
function stopped(run: TaskRun, verdict: Verdict, now: number): Outcome {
  const podName = run.status?.podName;
  return { run: marked(run, verdict, now), ...(podName ? { deletePod: podName } : {}) };
}

/** What has to happen to the TaskRun now. */
export function reconcileTaskRun({ run: observed, task, pod, now }: Observed): Outcome {
  if (isDone(observed)) return { run: observed };
  const run = begun(observed, now);
  if (run.spec.status === taskRunCancelled) {
    const message = `TaskRun "${run.metadata.name}" was cancelled. ${run.spec.statusMessage ?? ""}`;
    return stopped(run, failure(taskRunCancelled, message), now);
  }
  if (run.spec.status === taskRunPending) {
    const message = `TaskRun "${run.metadata.name}" is pending`;
    return { run: marked(run, { status: "Unknown", reason: taskRunPending, message }, now) };
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
  const wrong = problem(known, task.spec);
  if (wrong) return { run: marked(known, wrong, now) };
  const bound: TaskRun = {
    ...known,
    spec: {
      ...known.spec,
      workspaces: resolvedWorkspaces(known, task.spec).map(item => withClaim(item, known)),
    },
  };
  const taskSpec = resolvedTaskSpec(bound, task.spec, task.name ?? "");
  const podTemplate = resolvedPodTemplate(bound, task.spec);
  const withTemplate: TaskRun = podTemplate ? { ...bound, spec: { ...bound.spec, podTemplate } } : bound;
  const next: TaskRun = { ...known, status: { ...known.status, taskSpec } };
  const requeue = limit > 0 ? { requeueAfterMilliseconds: left + 1 } : {};
  if (!pod)
    return {
      run: next,
      claims: claims(known.spec.workspaces, known),
      createPod: taskRunPod(withTemplate, taskSpec),
      ...requeue,
    };
  const isToBeMarked = areSidecarsReady(pod) && pod.metadata?.annotations?.[annotation.ready] === undefined;
  return {
    run: withPod(next, pod, now),
    ...(isToBeMarked ? { markReady: pod.metadata!.name! } : {}),
    ...requeue,
  };
}
