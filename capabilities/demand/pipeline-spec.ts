/**
 * What of Tekton's objects decides how much their pods ask for, in v1 and v1beta1. Every field may be missing or of
 * another shape than is said here: read them with ./untrusted.
 */
import type { V1LimitRange } from "@kubernetes/client-node";
import type { ContainerDefaults } from "./container-defaults";

export interface Requirements {
  requests?: Record<string, string | number>;
  limits?: Record<string, string | number>;
}

export type ParamValue = string | string[] | Record<string, string>;
export interface Param {
  name?: string;
  value?: ParamValue;
}
export interface ParamSpec {
  name?: string;
  default?: ParamValue;
}

/** A step, a sidecar or a stepTemplate. */
export interface TaskContainer {
  name?: string;
  computeResources?: Requirements;
  /** v1beta1 */
  resources?: Requirements;
  image?: string;
  imagePullPolicy?: string;
  script?: string;
  workingDir?: string;
  command?: string[];
  args?: string[];
  env?: EnvironmentVariable[];
}
export interface EnvironmentVariable {
  value?: string;
  valueFrom?: { secretKeyRef?: KeyOf; configMapKeyRef?: KeyOf };
}
export interface KeyOf {
  name?: string;
  key?: string;
}
export interface TaskSpec {
  steps?: TaskContainer[];
  sidecars?: TaskContainer[];
  stepTemplate?: TaskContainer;
  /** Whether there are any is all that counts. */
  results?: object[];
}

/** A taskRef or pipelineRef. */
export interface NamedReference {
  name?: string;
  apiVersion?: string;
  kind?: string;
  resolver?: string;
  /** For the resolver. */
  params?: Param[];
  /** v1beta1 */
  bundle?: string;
}
export interface Matrix {
  params?: Param[];
  include?: { params?: Param[] }[];
}
export interface WhenExpression {
  input?: string;
  operator?: string;
  values?: string[];
  cel?: string;
}
export interface PipelineTask {
  name?: string;
  taskRef?: NamedReference;
  taskSpec?: TaskSpec & {
    apiVersion?: string;
    kind?: string;
    metadata?: { labels?: Record<string, string> };
  };
  pipelineRef?: NamedReference;
  pipelineSpec?: PipelineSpec;
  runAfter?: string[];
  params?: Param[];
  matrix?: Matrix;
  when?: WhenExpression[];
  workspaces?: BoundWorkspace[];
}
/** What a task calls it, and what its pipeline does, where that is another name. */
export interface BoundWorkspace {
  name?: string;
  workspace?: string;
}
export interface PipelineSpec {
  params?: ParamSpec[];
  workspaces?: { name?: string }[];
  tasks?: PipelineTask[];
  finally?: PipelineTask[];
}

export type ContainerOverride = Pick<TaskContainer, "name" | "computeResources" | "resources">;
export interface TaskRunOverrides {
  pipelineTaskName?: string;
  metadata?: { labels?: Record<string, string> };
  computeResources?: Requirements;
  stepSpecs?: ContainerOverride[];
  sidecarSpecs?: ContainerOverride[];
  /** v1beta1 */
  stepOverrides?: ContainerOverride[];
  sidecarOverrides?: ContainerOverride[];
}

/** The fields of a PipelineRun that say what it will run. */
export interface PlannedRun {
  spec?: {
    pipelineRef?: NamedReference;
    pipelineSpec?: PipelineSpec;
    params?: Param[];
    taskRunSpecs?: TaskRunOverrides[];
    workspaces?: { name?: string }[];
  };
  metadata?: { name?: string; namespace?: string; uid?: string };
  /** The spec as Tekton has resolved it, parameters put in. */
  status?: { pipelineSpec?: PipelineSpec };
}

/**
 * What is known beside the run itself. By names, or namespace/name where that is another than the run's; one that maps to
 * undefined was looked for and does not exist.
 */
export interface Definitions {
  pipelines: ReadonlyMap<string, PipelineSpec | undefined>;
  tasks: ReadonlyMap<string, TaskSpec | undefined>;
  /** Of definitions that may not be read, as `referenceText` writes them. */
  notAllowed?: ReadonlySet<string> | undefined;
  /** What Tekton has resolved of pipelines in the run's pipeline, by their paths. */
  resolvedPipelines?: ReadonlyMap<string, PipelineSpec> | undefined;
  /** Of the run's namespace. */
  limitRanges: readonly V1LimitRange[];
  /** What quotas of the namespace demand that each container names. */
  demanded?: readonly DemandedOfContainer[];
  /** Of Tekton's ConfigMap config-defaults. */
  containerDefaults?: ContainerDefaults | undefined;
  /** Combinations that Tekton allows a matrix; by default 256. */
  mostCombinations?: number | undefined;
  /** Whether Tekton takes results from the log of a sidecar, which it adds: results-from in its ConfigMap feature-flags. */
  resultsBySidecar?: boolean | undefined;
  /** Tekton's label app.kubernetes.io/managed-by of pods; where undefined, tekton-pipelines. */
  managedBy?: string | undefined;
  /** Why definitions that are not in the maps are not read, if there are too many or too large ones. */
  notReadBecause?: string | undefined;
}

export interface DemandedOfContainer {
  of: "requests" | "limits";
  resource: string;
  /** For people: whose demand it is. */
  source: string;
}

export interface Reference {
  kind: "Pipeline" | "Task";
  name: string;
  /** Where it is not the run's. */
  namespace?: string;
}

/** No name has a slash in it. */
export const referenceKey = ({ name, namespace }: Reference): string =>
  namespace === undefined ? name : `${namespace}/${name}`;

/** For people. */
export const referenceText = (reference: Reference): string => `${reference.kind} ${referenceKey(reference)}`;
