/** A Task's spec with the values of a TaskRun's parameters, contexts and workspaces put in. */
import { paramReplacements, substitute, substituteTexts, united } from "../substitution";
import type { Json, TaskRun, TaskSpec } from "../types";
import { mountPath, workspaceVolumes } from "./workspaces";

/** @param task the name of the Task; empty for an embedded one */
export function resolvedTaskSpec(run: TaskRun, spec: TaskSpec, task: string): TaskSpec {
  const bindings = run.spec.workspaces ?? [];
  const volumes = workspaceVolumes(bindings);
  const names = new Set([...(spec.workspaces ?? []), ...bindings].map(workspace => workspace.name));
  const known = new Map<string, string>([
    ["context.taskRun.name", run.metadata.name],
    ["context.taskRun.namespace", run.metadata.namespace],
    ["context.taskRun.uid", run.metadata.uid],
    ["context.task.name", task],
    ["context.task.retry-count", String(run.status?.retriesStatus?.length ?? 0)],
  ]);
  for (const result of (spec["results"] ?? []) as { name: string }[]) {
    known.set(`results.${result.name}.path`, `/tekton/results/${result.name}`);
  }
  for (const name of names) {
    const binding = bindings.find(item => item.name === name);
    known.set(`workspaces.${name}.bound`, String(binding !== undefined));
    known.set(`workspaces.${name}.path`, binding ? mountPath(spec, name) : "");
    known.set(`workspaces.${name}.claim`, binding?.persistentVolumeClaim?.claimName ?? "");
    known.set(`workspaces.${name}.volume`, volumes.get(name)?.name ?? "");
  }
  return substitute(spec, united(paramReplacements(spec.params, run.spec.params), known));
}

/** The run's workspaces: ApplyParametersToWorkspaceBindings in Tekton's pkg/reconciler/taskrun/resources/apply.go. */
export function resolvedWorkspaces(run: TaskRun, spec: TaskSpec): NonNullable<TaskRun["spec"]["workspaces"]> {
  return substituteTexts(run.spec.workspaces ?? [], paramReplacements(spec.params, run.spec.params));
}

/** The run's pod template: of the parameters those that are texts, and nothing else, are put in. */
export function resolvedPodTemplate(run: TaskRun, spec: TaskSpec): Json | undefined {
  const { podTemplate, params } = run.spec;
  if (podTemplate === undefined) return undefined;
  return substituteTexts(podTemplate, paramReplacements(spec.params, params));
}
