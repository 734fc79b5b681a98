/** Why a run cannot be started at all, checked before its first task. Reasons are Tekton's. */
import { unsupportedReason } from "../keys";
import { missingParams } from "../substitution";
import type { PipelineRun, PipelineSpec } from "../types";
import { childKind } from "./children";
import { graphProblem } from "./graph";
import { unsupported } from "./unsupported";
import { taskWorkspaces } from "./workspaces";

export interface Problem {
  reason: string;
  message: string;
}

/**
 * The first thing that is wrong with the run.
 *
 * @param missingTasks names of Tasks and Pipelines that its tasks refer to and that do not exist, by kind
 */
export function problem(
  run: PipelineRun,
  spec: PipelineSpec,
  missingTasks: { kind: "Task" | "Pipeline"; name: string }[],
): Problem | undefined {
  const who = `PipelineRun ${run.metadata.namespace}/${run.metadata.name}`;
  const notSupported = unsupported(run, spec);
  if (notSupported) return { reason: unsupportedReason, message: notSupported };
  const order = graphProblem(spec.tasks ?? []);
  if (order) return { reason: "PipelineInvalidGraph", message: `${who}'s Pipeline DAG is invalid: ${order}` };
  const params = missingParams(spec.params, run.spec.params);
  if (params.length > 0) {
    return {
      reason: "ParameterMissing",
      message: `${who} is missing some parameters required by its Pipeline: ${params.join(", ")}`,
    };
  }
  const provided = new Set(run.spec.workspaces?.map(workspace => workspace.name));
  const unbound = spec.workspaces?.find(workspace => !workspace.optional && !provided.has(workspace.name));
  if (unbound) {
    return {
      reason: "InvalidWorkspaceBindings",
      message: `${who} doesn't bind its Pipeline's Workspaces correctly: pipeline requires workspace with name "${unbound.name}" be provided by pipelinerun`,
    };
  }
  const tasks = [...(spec.tasks ?? []), ...(spec.finally ?? [])];
  const names = new Set(tasks.map(task => task.name));
  const stray = run.spec.taskRunSpecs?.find(item => !names.has(item.pipelineTaskName));
  if (stray) {
    return {
      reason: "InvalidTaskRunSpecs",
      message: `${who} doesn't define taskRunSpecs correctly: wrong taskName "${stray.pipelineTaskName}", does not exist in Pipeline`,
    };
  }
  const missing = missingTasks[0];
  if (missing) {
    return {
      reason: `CouldntGet${missing.kind}`,
      message: `${who} can't be Run; it contains ${missing.kind}s that don't exist: ${missingTasks.map(item => item.name).join(", ")}`,
    };
  }
  for (const task of tasks) {
    const { missing: workspace } = taskWorkspaces(run, task, task.taskSpec?.workspaces);
    // A Task by name may declare the workspace optional, which only its TaskRun finds out.
    if (workspace && childKind(task) !== "PipelineRun" && !task.taskRef) {
      return {
        reason: "CreateRunFailed",
        message: `expected workspace "${workspace}" to be provided by pipelinerun for pipeline task "${task.name}"`,
      };
    }
  }
  return undefined;
}
