/** What Tasks and Pipelines are made of, in the v1 form, as far as the stand-in reads it. */
import type { V1ObjectMeta, V1ResourceRequirements } from "@kubernetes/client-node";

export type Json = Record<string, unknown>;
export type Labels = Record<string, string>;

/** A string, a list of strings, or an object of strings. */
export type ParamValue = string | string[] | Record<string, string>;
export interface Param {
  name: string;
  value: ParamValue;
}
export interface ParamSpec {
  name: string;
  type?: "string" | "array" | "object";
  default?: ParamValue;
}

export interface WorkspaceBinding extends Json {
  name: string;
  subPath?: string;
  volumeClaimTemplate?: { metadata?: Partial<V1ObjectMeta>; spec: Json };
  persistentVolumeClaim?: { claimName: string };
}
export interface WorkspaceDeclaration {
  name: string;
  mountPath?: string;
  readOnly?: boolean;
  optional?: boolean;
}

/** A step or a sidecar: a container with Tekton's own additions. */
export interface TaskContainer extends Json {
  name?: string;
  image?: string;
  command?: string[];
  args?: string[];
  script?: string;
  workingDir?: string;
  computeResources?: V1ResourceRequirements;
  volumeMounts?: Json[];
  workspaces?: { name: string; mountPath?: string }[];
}
export interface TaskSpec extends Json {
  params?: ParamSpec[];
  steps?: TaskContainer[];
  sidecars?: TaskContainer[];
  stepTemplate?: TaskContainer;
  volumes?: ({ name: string } & Json)[];
  workspaces?: WorkspaceDeclaration[];
}
export interface EmbeddedTask extends TaskSpec {
  apiVersion?: string;
  kind?: string;
  metadata?: { labels?: Labels; annotations?: Labels };
  spec?: unknown;
}
export interface TaskRef extends Json {
  name?: string;
  kind?: string;
  apiVersion?: string;
  resolver?: string;
}

export interface WhenExpression {
  input?: string;
  operator?: "in" | "notin";
  values?: string[];
  cel?: string;
}
export interface Matrix {
  params?: Param[];
  include?: { name?: string; params?: Param[] }[];
}
export interface PipelineTask extends Json {
  name: string;
  taskRef?: TaskRef;
  taskSpec?: EmbeddedTask;
  pipelineRef?: TaskRef;
  pipelineSpec?: PipelineSpec;
  runAfter?: string[];
  when?: WhenExpression[];
  params?: Param[];
  matrix?: Matrix;
  retries?: number;
  timeout?: string;
  onError?: string;
  workspaces?: { name: string; workspace?: string; subPath?: string }[];
}
export interface PipelineSpec extends Json {
  params?: ParamSpec[];
  tasks?: PipelineTask[];
  finally?: PipelineTask[];
  workspaces?: { name: string; optional?: boolean }[];
}
