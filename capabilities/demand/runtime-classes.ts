/** Runtime classes of a run's pods: each adds its overhead to what they ask for. */
import type { PlannedRun, RunPodTemplate, TaskRunOverrides } from "./pipeline-spec";
import { objectOf, textOf } from "./untrusted";

const classOf = (template: RunPodTemplate | undefined): string | undefined =>
  textOf(objectOf(template)?.runtimeClassName);

/** Of the run, and of the children in it. */
export const runClassOf = ({ spec }: PlannedRun): string | undefined =>
  classOf(objectOf(spec?.taskRunTemplate)?.podTemplate ?? spec?.podTemplate);

/** Of a task by itself. */
export const taskClassOf = (overrides: TaskRunOverrides | undefined): string | undefined =>
  classOf(overrides?.podTemplate ?? overrides?.taskPodTemplate);
