/** The TaskRuns, CustomRuns and child PipelineRuns that a pipeline task becomes. */
import { compact } from "../admission/defaults";
import { parseDuration } from "../duration";
import { v1, v1beta1 } from "../keys";
import { childRunMetadata, ownedBy, taskRunMetadata } from "../metadata";
import { mergePodTemplates } from "../pod-template";
import { templatedSteps } from "../step-template";
import type { Json, Param, PipelineRun, PipelineTask, PipelineTaskRunSpec, Wanted } from "../types";
import { combinationCount, fanOut } from "./matrix";
import type { TaskState } from "./task-state";
import { taskWorkspaces } from "./workspaces";

/** Task timeouts up to this one are left to Tekton's default. */
const defaultTimeoutMilliseconds = 3_600_000;

const isCustomKind = (reference: { apiVersion?: string; kind?: string } | undefined): boolean =>
  Boolean(reference?.apiVersion && reference.kind && reference.kind !== "Task");

/** What kind of object the pipeline task becomes. */
export function childKind(task: PipelineTask): TaskState["kind"] {
  if (task.pipelineSpec || task.pipelineRef) return "PipelineRun";
  return isCustomKind(task.taskRef) || isCustomKind(task.taskSpec) ? "CustomRun" : "TaskRun";
}

/** How many objects the pipeline task becomes. */
export const childCount = (task: PipelineTask): number => (task.matrix ? combinationCount(task.matrix) : 1);

/** The run's settings for one task: its taskRunTemplate, overridden by the task's entry in taskRunSpecs. */
export function taskRunSpecOf(run: PipelineRun, pipelineTask: string): PipelineTaskRunSpec {
  const own = run.spec.taskRunSpecs?.find(spec => spec.pipelineTaskName === pipelineTask);
  const template = run.spec.taskRunTemplate ?? {};
  return compact({
    ...own,
    pipelineTaskName: pipelineTask,
    serviceAccountName: own?.serviceAccountName || template.serviceAccountName,
    podTemplate: mergePodTemplates(own?.podTemplate, template.podTemplate),
  } as PipelineTaskRunSpec);
}

/** The timeout that a child gets from the run's: only one that is longer than the default, or none at all (0). */
function timeoutFromRun(run: PipelineRun, isFinal: boolean): string | undefined {
  const { pipeline, tasks, finally: final } = run.spec.timeouts ?? {};
  const own = isFinal ? final : tasks;
  const other = isFinal ? tasks : final;
  if (own !== undefined) {
    const milliseconds = parseDuration(own);
    return milliseconds === 0 || milliseconds > defaultTimeoutMilliseconds ? own : undefined;
  }
  if (pipeline === undefined || other === undefined) return undefined;
  const rest = parseDuration(pipeline) - parseDuration(other);
  const isLimited = parseDuration(pipeline) !== 0 && parseDuration(other) !== 0;
  return isLimited && rest > defaultTimeoutMilliseconds ? `${rest / 1000}s` : undefined;
}

type Parts = {
  run: PipelineRun;
  state: TaskState;
  params: Param[];
  workspaces: Json[];
  spec: PipelineTaskRunSpec;
};

const orAbsent = <T>(list: T[]): T[] | undefined => (list.length > 0 ? list : undefined);

function taskRunSpec({ run, state: { task, isFinal }, params, workspaces, spec }: Parts): Json {
  const {
    metadata: _metadata,
    spec: _spec,
    apiVersion: _apiVersion,
    kind: _kind,
    ...taskSpec
  } = task.taskSpec ?? {};
  return compact({
    retries: task.retries || undefined,
    params: orAbsent(params),
    serviceAccountName: spec.serviceAccountName,
    podTemplate: spec.podTemplate,
    stepSpecs: spec.stepSpecs,
    sidecarSpecs: spec.sidecarSpecs,
    computeResources: spec.computeResources,
    timeout: spec.timeout ?? task.timeout ?? timeoutFromRun(run, isFinal),
    taskRef: task.taskRef,
    // The validation of a pipeline leaves the template in the steps of its embedded tasks.
    taskSpec: task.taskRef ? undefined : { ...taskSpec, steps: taskSpec.steps && templatedSteps(taskSpec) },
    workspaces: orAbsent(workspaces),
  });
}

function customRunSpec({ run, state: { task, isFinal }, params, workspaces, spec }: Parts): Json {
  const embedded = task.taskSpec;
  return compact({
    retries: task.retries || undefined,
    customRef: task.taskRef,
    customSpec: embedded && {
      apiVersion: embedded.apiVersion,
      kind: embedded.kind,
      metadata: embedded.metadata ?? {},
      spec: embedded.spec,
    },
    params: orAbsent(params),
    serviceAccountName: spec.serviceAccountName,
    timeout: spec.timeout ?? task.timeout ?? timeoutFromRun(run, isFinal),
    workspaces: orAbsent(workspaces),
  });
}

function pipelineRunSpec({ run, state: { task }, params, workspaces }: Parts): Json {
  return compact({
    taskRunTemplate: run.spec.taskRunTemplate ?? {},
    params: orAbsent(params),
    workspaces: orAbsent(workspaces),
    pipelineRef: task.pipelineRef,
    pipelineSpec: task.pipelineRef ? undefined : task.pipelineSpec,
  });
}

const makers = {
  TaskRun: { apiVersion: v1, spec: taskRunSpec },
  CustomRun: { apiVersion: v1beta1, spec: customRunSpec },
  PipelineRun: { apiVersion: v1, spec: pipelineRunSpec },
};

/** Those children of the pipeline task that do not exist yet. */
export function wantedChildren(run: PipelineRun, state: TaskState): Wanted[] {
  const { task, kind } = state;
  const spec = taskRunSpecOf(run, task.name);
  const combinations = task.matrix ? fanOut(task.matrix) : [];
  const workspaces = taskWorkspaces(run, task, task.taskSpec?.workspaces).bindings;
  const existing = new Set(state.children.map(child => child.metadata.name));
  const metadata = kind === "TaskRun" ? taskRunMetadata(run, task, spec) : childRunMetadata(run, task);
  return state.names.flatMap((name, index) => {
    if (existing.has(name)) return [];
    const params = [...(combinations[index] ?? []), ...(task.params ?? [])];
    return {
      apiVersion: makers[kind].apiVersion,
      kind,
      metadata: { name, namespace: run.metadata.namespace, ...metadata, ownerReferences: [ownedBy(run)] },
      spec: makers[kind].spec({ run, state, params, workspaces, spec }),
    };
  });
}
