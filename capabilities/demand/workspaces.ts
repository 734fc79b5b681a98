/**
 * Which of a run's workspaces a task's pods use. Source: Tekton's pkg/reconciler/pipelinerun/pipelinerun.go,
 * getTaskrunWorkspaces and propagateWorkspaces: those that the pipeline's task names and, of an embedded task, those that
 * its steps and sidecars refer to (FindWorkspacesUsedByTask).
 */
import type { BoundWorkspace, PipelineTask, TaskSpec } from "./pipeline-spec";
import { objectOf, objectsOf, textOf } from "./untrusted";

/** By what a pipeline calls a workspace: what the run does. Of one that is not in it, the name is the same. */
export type WorkspaceNames = ReadonlyMap<string, string>;

export const NAMES_OF_THE_RUN: WorkspaceNames = new Map();

const inRun = (name: string, names: WorkspaceNames): string => names.get(name) ?? name;

const REFERENCE = /\$\(workspaces\.([\w-]+)[.)]/g;

/** Names of the workspaces that a text refers to. */
export const workspacesIn = (text: string): string[] => [
  ...new Set([...text.matchAll(REFERENCE)].map(([, name]) => name!)),
];

const found = new WeakMap<TaskSpec, string[]>();

/** An embedded task may stand in many places. */
function referredTo(taskSpec: TaskSpec): string[] {
  const known = found.get(taskSpec) ?? workspacesIn(JSON.stringify(taskSpec));
  found.set(taskSpec, known);
  return known;
}

const outerName = ({ name, workspace }: BoundWorkspace): string | undefined =>
  textOf(workspace) ?? textOf(name);

/** @returns what the run calls them */
export function usedWorkspaces({ workspaces, taskSpec }: PipelineTask, names: WorkspaceNames): string[] {
  const embedded = objectOf(taskSpec);
  const own = [
    ...objectsOf(workspaces).flatMap(item => outerName(item) ?? []),
    ...(embedded === undefined ? [] : referredTo(embedded)),
  ];
  return own.map(name => inRun(name, names));
}

/** For the tasks of a pipeline in a pipeline. */
export function handedOn({ workspaces }: PipelineTask, names: WorkspaceNames): WorkspaceNames {
  const inner = new Map(names);
  for (const item of objectsOf(workspaces)) {
    const [name, outer] = [textOf(item.name), outerName(item)];
    if (name !== undefined && outer !== undefined) inner.set(name, inRun(outer, names));
  }
  return inner;
}
