/** A TaskRun's workspaces as volumes of its pod and mounts of its containers. */
import type { V1Volume } from "@kubernetes/client-node";
import { workspaceVolumeName } from "../names";
import type { Json, TaskContainer, TaskSpec, WorkspaceBinding } from "../types";

const sources = ["persistentVolumeClaim", "emptyDir", "configMap", "secret", "projected", "csi"];

export type WorkspaceVolumes = Map<string, V1Volume>;

/** The volume of each workspace. Two workspaces on one claim share a volume. */
export function workspaceVolumes(bindings: WorkspaceBinding[]): WorkspaceVolumes {
  const volumes: WorkspaceVolumes = new Map();
  const byClaim = new Map<string, V1Volume>();
  const used = new Set<string>();
  for (const binding of bindings) {
    let name = workspaceVolumeName(binding.name);
    while (used.has(name)) name = workspaceVolumeName(`${name}$`);
    used.add(name);
    const source = sources.find(field => binding[field] !== undefined);
    const claim = binding.persistentVolumeClaim?.claimName;
    const volume = (claim && byClaim.get(claim)) || {
      name,
      ...(source ? { [source]: binding[source] } : {}),
    };
    if (claim) byClaim.set(claim, volume);
    volumes.set(binding.name, volume);
  }
  return volumes;
}

/** The path at which a task sees a workspace. */
export const mountPath = (task: TaskSpec, workspace: string): string =>
  task.workspaces?.find(declaration => declaration.name === workspace)?.mountPath ||
  `/workspace/${workspace}`;

const usesOf = (item: TaskContainer, workspace: string) =>
  item.workspaces?.find(use => use.name === workspace);

function mounted(item: TaskContainer, mount: Json): TaskContainer {
  const mounts = item.volumeMounts ?? [];
  return mounts.some(other => other["mountPath"] === mount["mountPath"])
    ? item
    : { ...item, volumeMounts: [...mounts, mount] };
}

/** The Task with its workspaces' volumes, mounted in all containers or, where some ask for one, only in those. */
export function withWorkspaces(
  task: TaskSpec,
  bindings: WorkspaceBinding[],
  volumes: WorkspaceVolumes,
): TaskSpec {
  let { steps = [], sidecars = [] } = task;
  for (const { name, subPath } of bindings) {
    const isIsolated = [...steps, ...sidecars].some(item => usesOf(item, name));
    const mount = (item: TaskContainer): TaskContainer => {
      const use = usesOf(item, name);
      if (isIsolated && !use) return item;
      const path = use?.mountPath || mountPath(task, name);
      const readOnly = task.workspaces?.find(declaration => declaration.name === name)?.readOnly;
      return mounted(item, {
        name: volumes.get(name)!.name,
        mountPath: path,
        ...(subPath ? { subPath } : {}),
        ...(readOnly ? { readOnly } : {}),
      });
    };
    steps = steps.map(mount);
    sidecars = sidecars.map(mount);
  }
  const added = [...new Map([...volumes.values()].map(volume => [volume.name, volume])).values()];
  return {
    ...task,
    steps,
    sidecars,
    volumes: [...(task.volumes ?? []), ...added] as TaskSpec["volumes"] & object,
  };
}
