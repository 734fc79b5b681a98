/** A Task's steps with what its stepTemplate says for all of them. */
import type { V1ResourceRequirements } from "@kubernetes/client-node";
import type { TaskContainer, TaskSpec } from "./types";

const listsByName = ["env", "volumeMounts", "volumeDevices"];

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

export function overResources(
  own: V1ResourceRequirements = {},
  base: V1ResourceRequirements = {},
): V1ResourceRequirements {
  const merged: V1ResourceRequirements = { ...base, ...own };
  if (own.requests ?? base.requests) merged.requests = { ...base.requests, ...own.requests };
  if (own.limits ?? base.limits) merged.limits = { ...base.limits, ...own.limits };
  return merged;
}

export const templatedSteps = ({ steps = [], stepTemplate }: TaskSpec): TaskContainer[] =>
  steps.map(step => overTemplate(step, stepTemplate));
