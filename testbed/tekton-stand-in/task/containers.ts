/** A Task's steps and sidecars as containers of a pod. */
import type { V1Container, V1ResourceRequirements } from "@kubernetes/client-node";
import { restrictLength } from "../names";
import { share } from "../quantity";
import type { ContainerSpecOverride, Json, TaskContainer, TaskRunSpec, TaskSpec } from "../types";

/** Fields of a step or sidecar that are Tekton's and not a container's. */
const ownFields = new Set([
  "computeResources",
  "script",
  "timeout",
  "workspaces",
  "onError",
  "stdoutConfig",
  "stderrConfig",
  "displayName",
  "params",
  "results",
  "ref",
  "when",
]);
const listsByName = ["env", "volumeMounts", "volumeDevices"];

const stepName = (step: TaskContainer, index: number): string =>
  restrictLength(`step-${step.name || `unnamed-${index}`}`);

type Keyed = { name?: string; mountPath?: string; devicePath?: string };
const keyOf = (item: Keyed): string | undefined => item.mountPath ?? item.devicePath ?? item.name;

/** The step laid over the Task's stepTemplate: lists by name (mounts by path), resources by name, the rest whole. */
function overTemplate(step: TaskContainer, template: TaskContainer | undefined): TaskContainer {
  if (!template) return step;
  const merged: TaskContainer = { ...template, ...step };
  for (const field of listsByName) {
    const [own, base] = [step[field], template[field]] as (Keyed[] | undefined)[];
    const keys = new Set(own?.map(keyOf));
    if (own || base) merged[field] = [...(own ?? []), ...(base ?? []).filter(item => !keys.has(keyOf(item)))];
  }
  return { ...merged, computeResources: overResources(step.computeResources, template.computeResources) };
}

function overResources(
  own: V1ResourceRequirements = {},
  base: V1ResourceRequirements = {},
): V1ResourceRequirements {
  const merged: V1ResourceRequirements = { ...base, ...own };
  if (own.requests ?? base.requests) merged.requests = { ...base.requests, ...own.requests };
  if (own.limits ?? base.limits) merged.limits = { ...base.limits, ...own.limits };
  return merged;
}

const overridden = (containers: TaskContainer[], overrides: ContainerSpecOverride[] = []): TaskContainer[] =>
  containers.map(container => {
    const override = overrides.find(item => item.name === container.name);
    return override
      ? {
          ...container,
          computeResources: overResources(override.computeResources, container.computeResources),
        }
      : container;
  });

/** Task-level resources divided among the steps; limits stand whole on each of them. */
function shared(steps: TaskContainer[], task: V1ResourceRequirements | undefined): TaskContainer[] {
  if (!task?.requests && !task?.limits) return steps;
  return steps.map(step => {
    const fromLimits = !step.computeResources?.requests && !task.requests;
    const requests = share(fromLimits ? task.limits : task.requests, steps.length);
    const resources: V1ResourceRequirements = { ...step.computeResources };
    delete resources.requests;
    delete resources.limits;
    if (requests) resources.requests = requests;
    if (task.limits) resources.limits = task.limits;
    return { ...step, computeResources: resources };
  });
}

function container(name: string, item: TaskContainer): V1Container {
  const fields = Object.fromEntries(Object.entries(item).filter(([key]) => !ownFields.has(key)));
  return { ...fields, name, resources: item.computeResources ?? {} } as V1Container;
}

/** A step runs Tekton's entrypoint; what it would start stands behind `--`. */
function stepContainer(step: TaskContainer, index: number): V1Container {
  const script = step.script ? [`/tekton/scripts/script-${index}`] : [];
  const [entrypoint = "", ...rest] = [...script, ...(step.command ?? [])];
  return {
    ...container(stepName(step, index), step),
    command: ["/tekton/bin/entrypoint"],
    args: ["-entrypoint", entrypoint, "--", ...rest, ...(step.args ?? [])],
    terminationMessagePath: "/tekton/termination",
  };
}

export interface Containers {
  steps: V1Container[];
  sidecars: V1Container[];
  init: V1Container[];
}

function initContainers(steps: TaskContainer[], sidecars: TaskContainer[]): V1Container[] {
  const names = steps.map(stepName);
  const prepare = {
    name: "prepare",
    image: "e",
    workingDir: "/",
    command: ["/ko-app/entrypoint", "init", "/ko-app/entrypoint", "/tekton/bin/entrypoint", ...names],
  };
  const init: V1Container[] = [prepare];
  if ([...steps, ...sidecars].some(item => item.script))
    init.push({ name: "place-scripts", image: "s", command: ["sh"] });
  const directories = steps
    .flatMap(step => step.workingDir ?? [])
    .filter(path => !path.startsWith("/") || path.startsWith("/workspace/"));
  if (directories.length > 0) {
    init.push({
      name: "working-dir-initializer",
      image: "w",
      command: ["/ko-app/workingdirinit"],
      args: directories,
      workingDir: "/workspace",
    });
  }
  return init;
}

/** The containers of the Task's pod, resources included. */
export function containers(task: TaskSpec, run: TaskRunSpec): Containers {
  const templated = (task.steps ?? []).map(step => overTemplate(step, task.stepTemplate));
  const steps = shared(overridden(templated, run.stepSpecs), run.computeResources);
  const sidecars = overridden(task.sidecars ?? [], run.sidecarSpecs);
  const env = run.podTemplate?.["env"] as Json[] | undefined;
  return {
    steps: steps.map((step, index) => {
      const made = stepContainer(step, index);
      return env ? ({ ...made, env: [...(made.env ?? []), ...env] } as V1Container) : made;
    }),
    sidecars: sidecars.map(sidecar => container(restrictLength(`sidecar-${sidecar.name}`), sidecar)),
    init: initContainers(steps, sidecars),
  };
}
