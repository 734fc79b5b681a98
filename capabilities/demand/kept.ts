/**
 * Of a Task or Pipeline that is read from the cluster, what is kept: a Task is mostly scripts and descriptions, and
 * those of a run are all held at once. What is left out changes nothing that is reckoned.
 */
import { referencesToResults } from "./dependencies";
import { DEEPEST } from "./limits";
import type {
  EnvironmentVariable,
  PipelineSpec,
  PipelineTask,
  TaskContainer,
  TaskSpec,
} from "./pipeline-spec";
import { objectOf, objectsOf, textsOf } from "./untrusted";
import { workspacesIn } from "./workspaces";

function picked<T extends object>(from: T, ...names: string[]): T {
  const found = Object.entries(from).filter(([name, value]) => names.includes(name) && value !== undefined);
  return Object.fromEntries(found) as T;
}

/** Of a text, the results and the workspaces that it names. */
const keptReferences = (text: string): string =>
  referencesToResults(text) +
  workspacesIn(text)
    .map(name => `$(workspaces.${name}.path)`)
    .join("");

/** Tekton asks whether there is a script, too. */
const keptText = (text: unknown): string | undefined =>
  typeof text === "string" && text !== "" ? keptReferences(text) || " " : undefined;

const keptTexts = (texts: unknown): string[] =>
  textsOf(texts)
    .map(keptReferences)
    .filter(text => text !== "");

const keptVariable = ({ value, valueFrom }: EnvironmentVariable): EnvironmentVariable => ({
  value: typeof value === "string" ? keptReferences(value) : undefined,
  valueFrom,
});

const RESOURCES = ["name", "computeResources", "resources", "ref", "restartPolicy", "workingDir"];

const keptContainer = (container: TaskContainer): TaskContainer => ({
  ...picked(container, ...RESOURCES, "image", "imagePullPolicy"),
  script: keptText(container.script),
  command: keptTexts(container.command),
  args: keptTexts(container.args),
  env: objectsOf(container.env).map(keptVariable),
});

export function keptTask(spec: TaskSpec): TaskSpec {
  const template = objectOf(spec.stepTemplate);
  return {
    ...picked(spec, "apiVersion", "kind", "params", "volumes", "workspaces"),
    ...(objectsOf(spec.results).length > 0 && { results: [{}] }),
    steps: objectsOf(spec.steps).map(keptContainer),
    sidecars: objectsOf(spec.sidecars).map(keptContainer),
    stepTemplate: template && keptContainer(template),
  };
}

const TASK_FIELDS = ["name", "taskRef", "pipelineRef", "runAfter", "params", "matrix", "when", "workspaces"];

/** Pods have them, and terms of pod affinity may speak of them. */
function keptLabels({ metadata }: NonNullable<PipelineTask["taskSpec"]>) {
  const labels = objectOf(objectOf(metadata)?.labels);
  return labels && { metadata: { labels } };
}

function keptPipelineTask(task: PipelineTask, depth: number): PipelineTask {
  const [taskSpec, pipelineSpec] = [objectOf(task.taskSpec), objectOf(task.pipelineSpec)];
  return {
    ...picked(task, ...TASK_FIELDS, "retries", "onError"),
    taskSpec: taskSpec && { ...keptTask(taskSpec), ...keptLabels(taskSpec) },
    pipelineSpec: pipelineSpec && keptPipeline(pipelineSpec, depth + 1),
  };
}

/** Deeper than pipelines are followed it is kept as it is. */
export function keptPipeline(spec: PipelineSpec, depth = 0): PipelineSpec {
  if (depth > DEEPEST) return spec;
  const kept = (tasks: PipelineTask[] | undefined) =>
    objectsOf(tasks).map(task => keptPipelineTask(task, depth));
  return {
    ...picked(spec, "params", "workspaces"),
    tasks: kept(spec.tasks),
    finally: kept(spec.finally),
  };
}
