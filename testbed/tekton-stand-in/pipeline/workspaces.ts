/** A run's workspaces: the claims made for them, and what each task gets of them. */
import { join } from "node:path/posix";
import { ownedBy } from "../metadata";
import { claimName } from "../names";
import { paramReplacements, substituteTexts } from "../substitution";
import type { PipelineRun, PipelineTask, Run, TaskSpec, Wanted, WorkspaceBinding } from "../types";

const claimOf = (binding: WorkspaceBinding, owner: Run): string =>
  claimName(binding.volumeClaimTemplate?.metadata?.name, binding.name, owner.metadata.uid);

/** The claims that the volumeClaimTemplates among the bindings become. */
export function claims(bindings: WorkspaceBinding[] | undefined, owner: Run): Wanted[] {
  return (bindings ?? []).flatMap(binding => {
    const template = binding.volumeClaimTemplate;
    if (!template) return [];
    const { labels, annotations } = template.metadata ?? {};
    const metadata: Wanted["metadata"] = {
      name: claimOf(binding, owner),
      namespace: owner.metadata.namespace,
      ownerReferences: [ownedBy(owner)],
    };
    if (labels) metadata.labels = labels;
    if (annotations) metadata.annotations = annotations;
    return [{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata, spec: template.spec }];
  });
}

/** The binding with its template replaced by the claim made from it. */
export function withClaim(binding: WorkspaceBinding, owner: Run): WorkspaceBinding {
  if (!binding.volumeClaimTemplate) return binding;
  const { volumeClaimTemplate: _template, ...rest } = binding;
  return { ...rest, persistentVolumeClaim: { claimName: claimOf(binding, owner) } };
}

/**
 * With the run's params put in, and no defaults of its pipeline's: ApplyParametersToWorkspaceBindings in Tekton's
 * pkg/reconciler/pipelinerun/resources/apply.go.
 */
function withParams(binding: WorkspaceBinding, run: PipelineRun): WorkspaceBinding {
  const { volumeClaimTemplate, ...rest } = binding;
  const replaced = substituteTexts(rest, paramReplacements([], run.spec.params));
  return volumeClaimTemplate ? { ...replaced, volumeClaimTemplate } : replaced;
}

const workspaceReference = /\$\(workspaces\.([^.)]+)\./g;

/** What the task asks for, and what its embedded spec uses of the run's workspaces without asking. */
function asked(task: PipelineTask): NonNullable<PipelineTask["workspaces"]> {
  const named = task.workspaces ?? [];
  const known = new Set(named.map(workspace => workspace.name));
  const text = task.taskSpec
    ? JSON.stringify([task.taskSpec.steps, task.taskSpec.sidecars, task.taskSpec.stepTemplate])
    : "";
  const used = new Set([...text.matchAll(workspaceReference)].map(match => match[1]!));
  return [...named, ...[...used].filter(name => !known.has(name)).map(name => ({ name }))];
}

/**
 * The bindings that a child of the pipeline task gets.
 *
 * @param declared the task's own declarations, which can make a workspace optional
 * @returns the name of a workspace that the run does not provide, when one is missing
 */
export function taskWorkspaces(
  run: PipelineRun,
  task: PipelineTask,
  declared: TaskSpec["workspaces"] = [],
): { bindings: WorkspaceBinding[]; missing?: string } {
  const bindings: WorkspaceBinding[] = [];
  for (const { name, workspace, subPath } of asked(task)) {
    const found = run.spec.workspaces?.find(binding => binding.name === (workspace || name));
    if (found) {
      const provided = withParams(found, run);
      const path = join(provided.subPath ?? "", subPath ?? "");
      const { subPath: _subPath, ...binding } = withClaim(provided, run);
      bindings.push({ ...binding, name, ...(path === "." ? {} : { subPath: path }) } as WorkspaceBinding);
    } else if (!declared.find(declaration => declaration.name === name)?.optional) {
      return { bindings, missing: workspace || name };
    }
  }
  return { bindings };
}
