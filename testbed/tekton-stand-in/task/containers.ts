/** A Task's steps and sidecars as containers of a pod. */
import type { V1Container, V1ResourceRequirements } from "@kubernetes/client-node";
import { restrictLength } from "../names";
import { share } from "../quantity";
import { overResources, templatedSteps } from "../step-template";
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

const stepName = (step: TaskContainer, index: number): string =>
  restrictLength(`step-${step.name || `unnamed-${index}`}`);

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
  const templated = templatedSteps(task);
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
