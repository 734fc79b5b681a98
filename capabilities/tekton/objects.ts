/** The few fields of Tekton's objects that this operator reads or writes. */
import type {
  V1Affinity,
  V1LocalObjectReference,
  V1ObjectMeta,
  V1Toleration,
  V1Volume,
} from "@kubernetes/client-node";
import { HELD, HELD_LABEL, PENDING, TEKTON_GROUP, TEKTON_MANAGER } from "../keys";

/** The fields of Tekton's pod template that decide where a pod may run. */
export interface PodTemplate {
  nodeSelector?: Record<string, string>;
  tolerations?: V1Toleration[];
  affinity?: V1Affinity;
  priorityClassName?: string;
  schedulerName?: string;
  runtimeClassName?: string;
  imagePullSecrets?: V1LocalObjectReference[];
  volumes?: V1Volume[];
}

export interface WorkspaceBinding {
  name: string;
  persistentVolumeClaim?: { claimName: string };
  volumeClaimTemplate?: unknown;
}

export interface PipelineRunSpec {
  status?: string;
  managedBy?: string;
  /** v1 */
  taskRunTemplate?: { podTemplate?: PodTemplate; serviceAccountName?: string };
  taskRunSpecs?: { pipelineTaskName?: string; podTemplate?: PodTemplate }[];
  workspaces?: WorkspaceBinding[];
}

export interface PipelineRun {
  apiVersion?: string;
  kind?: string;
  metadata?: V1ObjectMeta;
  spec?: PipelineRunSpec;
  status?: {
    conditions?: Condition[];
    startTime?: string;
    /** As Tekton has resolved it, parameters put in. It is large: the store keeps of it no more than that it is there. */
    pipelineSpec?: object;
    /** Tasks that will not run, each of them decided once and for all. */
    skippedTasks?: { name: string }[];
  };
}

interface Condition {
  type: string;
  status: string;
  reason?: string;
}

export interface TaskRun {
  metadata?: V1ObjectMeta;
  status?: { conditions?: Condition[] };
}

/** What a custom task becomes: no pod, but an object that a controller of its own ends. */
export type CustomRun = TaskRun;
export const CUSTOM_RUN = {
  group: TEKTON_GROUP,
  version: "v1beta1",
  kind: "CustomRun",
  plural: "customruns",
};

export const TASK_RUN_V1 = { group: TEKTON_GROUP, version: "v1", kind: "TaskRun", plural: "taskruns" };
export const PIPELINE_RUN_V1 = {
  group: TEKTON_GROUP,
  version: "v1",
  kind: "PipelineRun",
  plural: "pipelineruns",
};
export const TASK_RUN_V1BETA1 = { ...TASK_RUN_V1, version: "v1beta1" };
export const PIPELINE_RUN_V1BETA1 = { ...PIPELINE_RUN_V1, version: "v1beta1" };

/** Whether it is over for good: its condition Succeeded is no longer Unknown. */
export function hasEnded(run: PipelineRun | TaskRun): boolean {
  const succeeded = run.status?.conditions?.find(condition => condition.type === "Succeeded");
  return succeeded?.status === "True" || succeeded?.status === "False";
}

/** The reason of the condition Succeeded. */
export const EXCEEDED_QUOTA = "ExceededResourceQuota";

/** Whether its pod was refused by a ResourceQuota: Tekton tries again, about once a minute. */
export function awaitsQuota(taskRun: TaskRun): boolean {
  return (
    taskRun.status?.conditions?.some(
      ({ type, status, reason }) => type === "Succeeded" && status === "Unknown" && reason === EXCEEDED_QUOTA,
    ) === true
  );
}

export function hasStarted(run: PipelineRun): boolean {
  return run.status?.startTime !== undefined;
}

/** Whether another object of Tekton's made this run: a child of a pipeline in a pipeline. */
export function isChild(run: Pick<PipelineRun, "metadata">): boolean {
  return (run.metadata?.ownerReferences ?? []).some(
    owner => owner.controller === true && owner.apiVersion.split("/")[0] === TEKTON_GROUP,
  );
}

/** Whether `spec.managedBy` hands the run to a controller other than Tekton's. */
export function isManagedElsewhere(run: PipelineRun): boolean {
  const manager = run.spec?.managedBy;
  return manager !== undefined && manager !== TEKTON_MANAGER;
}

export function isPending(run: PipelineRun): boolean {
  return run.spec?.status === PENDING;
}

/** Whether the run is Pending and it was us who set it so. */
export function isHeldByUs(run: PipelineRun): boolean {
  return isPending(run) && run.metadata?.labels?.[HELD_LABEL] === HELD;
}

/** Whether a workspace of the run is a claim, which Tekton's assistant in mode `workspaces` ties to a node. */
export function usesClaims(run: PipelineRun): boolean {
  return (run.spec?.workspaces ?? []).some(
    workspace => workspace.persistentVolumeClaim !== undefined || workspace.volumeClaimTemplate !== undefined,
  );
}
