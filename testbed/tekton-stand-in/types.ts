/**
 * The parts of Tekton's objects that the stand-in reads and writes, in the v1 form that is stored.
 *
 * Fields that are only carried along (podTemplate, step fields …) stay untyped on purpose: the stand-in
 * must hand them on as they are.
 */
import type {
  V1ContainerState,
  V1ObjectMeta,
  V1OwnerReference,
  V1Pod,
  V1ResourceRequirements,
} from "@kubernetes/client-node";

import type { Json, Labels, Param, PipelineSpec, TaskRef, TaskSpec, WorkspaceBinding } from "./definitions";

export type * from "./definitions";

/** Metadata as it comes from JSON: times are RFC 3339 strings, not Dates. */
export type Meta = Omit<V1ObjectMeta, "creationTimestamp" | "deletionTimestamp"> & {
  name: string;
  namespace: string;
  uid: string;
  creationTimestamp?: string | undefined;
  deletionTimestamp?: string | undefined;
};

export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason: string;
  message: string;
  /** RFC 3339, seconds. */
  lastTransitionTime: string;
}

export interface ContainerSpecOverride {
  name: string;
  computeResources?: V1ResourceRequirements;
}
export interface PipelineTaskRunSpec extends Json {
  pipelineTaskName: string;
  serviceAccountName?: string;
  podTemplate?: Json;
  stepSpecs?: ContainerSpecOverride[];
  sidecarSpecs?: ContainerSpecOverride[];
  metadata?: { labels?: Labels; annotations?: Labels };
  computeResources?: V1ResourceRequirements;
  timeout?: string;
}
export interface PipelineRunSpec extends Json {
  pipelineRef?: TaskRef;
  pipelineSpec?: PipelineSpec;
  params?: Param[];
  status?: string;
  timeouts?: { pipeline?: string; tasks?: string; finally?: string };
  taskRunTemplate?: { serviceAccountName?: string; podTemplate?: Json };
  workspaces?: WorkspaceBinding[];
  taskRunSpecs?: PipelineTaskRunSpec[];
  managedBy?: string;
}
export interface ChildReference extends Json {
  apiVersion: string;
  kind: ChildKind;
  name: string;
  pipelineTaskName: string;
}
export interface PipelineRunStatus extends Json {
  conditions?: Condition[];
  startTime?: string;
  completionTime?: string;
  finallyStartTime?: string;
  pipelineSpec?: PipelineSpec;
  childReferences?: ChildReference[];
  skippedTasks?: Json[];
}
export interface Run {
  apiVersion: string;
  kind: string;
  metadata: Meta;
  spec: Json;
  status?: { conditions?: Condition[] };
}
export interface PipelineRun extends Run {
  spec: PipelineRunSpec;
  status?: PipelineRunStatus;
}

export interface TaskRunSpec extends Json {
  taskRef?: TaskRef;
  taskSpec?: TaskSpec;
  params?: Param[];
  serviceAccountName?: string;
  podTemplate?: Json;
  workspaces?: WorkspaceBinding[];
  status?: string;
  statusMessage?: string;
  retries?: number;
  timeout?: string;
  stepSpecs?: ContainerSpecOverride[];
  sidecarSpecs?: ContainerSpecOverride[];
  computeResources?: V1ResourceRequirements;
  managedBy?: string;
}
export interface TaskRunStatus extends Json {
  conditions?: Condition[];
  podName?: string;
  startTime?: string;
  completionTime?: string;
  taskSpec?: TaskSpec;
  steps?: ({ name: string; container: string } & V1ContainerState)[];
  retriesStatus?: TaskRunStatus[];
}
export interface TaskRun extends Run {
  spec: TaskRunSpec;
  status?: TaskRunStatus;
}

/** What a pipeline task can become. */
export type ChildKind = "TaskRun" | "CustomRun" | "PipelineRun";

/** An object that the stand-in wants to exist. */
export interface Wanted {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace: string;
    labels?: Labels;
    annotations?: Labels;
    ownerReferences: V1OwnerReference[];
  };
  spec: Json;
}
export type WantedPod = V1Pod & { metadata: Wanted["metadata"] };
