/** Runtime classes of a run's pods: each adds its overhead to what they ask for. */
import { MOST_CLASSES } from "./limits";
import type { PlannedRun, RunPodTemplate, TaskRunOverrides } from "./pipeline-spec";
import { objectOf, objectsOf, textOf } from "./untrusted";

const classOf = (template: RunPodTemplate | undefined): string | undefined =>
  textOf(objectOf(template)?.runtimeClassName);

/** Of the run, and of the children in it. */
export const runClassOf = ({ spec }: PlannedRun): string | undefined =>
  classOf(objectOf(spec?.taskRunTemplate)?.podTemplate ?? spec?.podTemplate);

/** Of a task by itself. */
export const taskClassOf = (overrides: TaskRunOverrides | undefined): string | undefined =>
  classOf(overrides?.podTemplate ?? overrides?.taskPodTemplate);

/** All that the run names, up to a number that no cluster has. */
export function runtimeClassesOf(run: PlannedRun): string[] {
  const names = new Set<string>();
  for (const name of [runClassOf(run), ...objectsOf(objectOf(run.spec)?.taskRunSpecs).map(taskClassOf)]) {
    if (name !== undefined && names.size < MOST_CLASSES) names.add(name);
  }
  return [...names];
}
