/**
 * What Tekton's mutating webhook does to an object: its defaults, and the fields that a round trip
 * through its Go types adds (`computeResources: {}`, `metadata: {}`, `spec: null`).
 */
import { label, managedByValue } from "../keys";
import type {
  ContainerSpecOverride,
  EmbeddedTask,
  Json,
  Labels,
  ParamSpec,
  PipelineRunSpec,
  PipelineSpec,
  PipelineTask,
  TaskContainer,
  TaskRef,
  TaskRunSpec,
  TaskSpec,
  WorkspaceBinding,
} from "../types";

const defaultTimeout = "1h0m0s";
const defaultServiceAccount = "default";

/** The fields of an object that defaulting can change. */
export interface Defaultable {
  kind: string;
  metadata?: { labels?: Labels; annotations?: Labels } & Json;
  spec?: Json;
}

/** Applies `change` to each item of a list that may be absent, and keeps it absent then. */
const each = <T, R>(list: T[] | undefined, change: (item: T) => R): R[] | undefined => list?.map(change);

/** The object without the keys whose value is undefined. */
export const compact = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;

function paramType(param: ParamSpec & Json): string {
  if (param.type) return param.type;
  if (param["properties"]) return "object";
  if (Array.isArray(param.default)) return "array";
  return typeof param.default === "object" ? "object" : "string";
}

const container = (step: TaskContainer): TaskContainer => ({
  ...step,
  computeResources: step.computeResources ?? {},
});
const override = (spec: ContainerSpecOverride): ContainerSpecOverride => ({
  ...spec,
  computeResources: spec.computeResources ?? {},
});

/** A TaskSpec with what its Go types add. */
function carriedTaskSpec<T extends TaskSpec>(spec: T): T {
  return compact({
    ...spec,
    steps: each(spec.steps, container),
    sidecars: each(spec.sidecars, container),
    stepTemplate: spec.stepTemplate && container(spec.stepTemplate),
  }) as T;
}

/** A TaskSpec with its defaults. */
function taskSpecDefaults<T extends TaskSpec>(spec: T): T {
  return compact({
    ...carriedTaskSpec(spec),
    params: each(spec.params, param => ({ ...param, type: paramType(param as ParamSpec & Json) })),
    results: each(spec["results"] as ParamSpec[] | undefined, result => ({
      ...result,
      type: result.type ?? "string",
    })),
  }) as T;
}

function carriedTask(spec: EmbeddedTask): EmbeddedTask {
  return carriedTaskSpec({ ...spec, metadata: spec.metadata ?? {}, spec: spec.spec ?? null });
}

const embeddedTask = (spec: EmbeddedTask): EmbeddedTask => taskSpecDefaults(carriedTask(spec));

/** Fields of a pod template in which nothing, an empty list and an empty map are the same; the others know a null only. */
const emptiable = new Set([
  ...["nodeSelector", "env", "tolerations", "volumes", "imagePullSecrets", "hostAliases", "hostNetwork"],
  ...["schedulerName", "topologySpreadConstraints"],
]);

const isEmpty = (value: unknown): boolean =>
  typeof value === "object" && value !== null ? Object.keys(value).length === 0 : !value;

const podTemplate = (template: Json): Json =>
  Object.fromEntries(
    Object.entries(template).filter(
      ([field, value]) => value !== null && value !== undefined && !(emptiable.has(field) && isEmpty(value)),
    ),
  );

const taskRef = (ref: TaskRef): TaskRef => (ref.kind || ref.resolver ? ref : { ...ref, kind: "Task" });

function pipelineTask(task: PipelineTask): PipelineTask {
  return compact({
    ...task,
    taskRef: task.taskRef && taskRef(task.taskRef),
    taskSpec: task.taskSpec && embeddedTask(task.taskSpec),
    pipelineSpec: task.pipelineSpec && nestedPipelineSpec(task.pipelineSpec),
  } as PipelineTask);
}

/** A pipeline in a pipeline gets its defaults with the run that it becomes; here only what its Go types add. */
function nestedPipelineSpec(spec: PipelineSpec): PipelineSpec {
  const task = (item: PipelineTask): PipelineTask =>
    compact({
      ...item,
      taskSpec: item.taskSpec && carriedTask(item.taskSpec),
      pipelineSpec: item.pipelineSpec && nestedPipelineSpec(item.pipelineSpec),
    } as PipelineTask);
  return compact({
    ...spec,
    tasks: each(spec.tasks, task),
    finally: each(spec.finally, task),
  } as PipelineSpec);
}

/** A PipelineSpec with its defaults. */
export function pipelineSpecDefaults(spec: PipelineSpec): PipelineSpec {
  return compact({
    ...spec,
    params: each(spec.params, param => ({ ...param, type: paramType(param as ParamSpec & Json) })),
    tasks: each(spec.tasks, pipelineTask),
    finally: each(spec.finally, pipelineTask),
  } as PipelineSpec);
}

function workspaceBinding(binding: WorkspaceBinding): WorkspaceBinding {
  const template = binding.volumeClaimTemplate;
  return template
    ? ({ ...binding, volumeClaimTemplate: { metadata: {}, status: {}, ...template } } as WorkspaceBinding)
    : binding;
}

const withPodTemplate = <T extends { podTemplate?: Json }>(object: T): T =>
  object.podTemplate ? { ...object, podTemplate: podTemplate(object.podTemplate) } : object;

function pipelineRunSpec(spec: PipelineRunSpec): PipelineRunSpec {
  return compact({
    ...spec,
    pipelineSpec: spec.pipelineSpec && pipelineSpecDefaults(spec.pipelineSpec),
    timeouts: { ...spec.timeouts, pipeline: spec.timeouts?.pipeline ?? defaultTimeout },
    taskRunTemplate: {
      ...withPodTemplate(spec.taskRunTemplate ?? {}),
      serviceAccountName: spec.taskRunTemplate?.serviceAccountName || defaultServiceAccount,
    },
    workspaces: each(spec.workspaces, workspaceBinding),
    taskRunSpecs: each(spec.taskRunSpecs, item =>
      compact({
        ...withPodTemplate(item),
        stepSpecs: each(item.stepSpecs, override),
        sidecarSpecs: each(item.sidecarSpecs, override),
      }),
    ),
  } as PipelineRunSpec);
}

function taskRunSpec(spec: TaskRunSpec): TaskRunSpec {
  return compact({
    ...withPodTemplate(spec),
    taskRef: spec.taskRef && taskRef(spec.taskRef),
    taskSpec: spec.taskSpec && taskSpecDefaults(spec.taskSpec),
    timeout: spec.timeout ?? defaultTimeout,
    serviceAccountName: spec.serviceAccountName || defaultServiceAccount,
    workspaces: each(spec.workspaces, workspaceBinding),
    stepSpecs: each(spec.stepSpecs, override),
    sidecarSpecs: each(spec.sidecarSpecs, override),
  } as TaskRunSpec);
}

/** The object, in its v1 form (CustomRun: v1beta1), with Tekton's defaults. */
export function withDefaults<T extends Defaultable>(object: T): T {
  const spec = object.spec ?? {};
  switch (object.kind) {
    case "PipelineRun":
      return { ...object, spec: pipelineRunSpec(spec as PipelineRunSpec) };
    case "Pipeline":
      return { ...object, spec: pipelineSpecDefaults(spec as PipelineSpec) };
    case "Task":
      return { ...object, spec: taskSpecDefaults(spec as TaskSpec) };
    case "CustomRun":
      return {
        ...object,
        spec: { ...spec, serviceAccountName: spec["serviceAccountName"] || defaultServiceAccount },
      };
    case "TaskRun": {
      const labels = { [label.managedBy]: managedByValue, ...object.metadata?.labels };
      return { ...object, metadata: { ...object.metadata, labels }, spec: taskRunSpec(spec as TaskRunSpec) };
    }
    default:
      return object;
  }
}
