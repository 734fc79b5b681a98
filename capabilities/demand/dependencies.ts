/** Which tasks must have ended before a task starts. Source: Tekton's pipeline_types.go and resultref.go, Deps. */
import type { EnvironmentVariable, KeyOf, Param, PipelineTask, TaskContainer } from "./pipeline-spec";
import { entriesOf, objectOf, objectsOf, textsOf } from "./untrusted";

const VARIABLE = /\$\(([\w.-]+(?:\[(?:\d+|\*)\])?)\)/g;

/** `tasks.<task>.results.<result>`, with a key of an object result or without. */
function resultSources(text: unknown): string[] {
  if (typeof text !== "string" || !text.includes(".results.")) return [];
  return [...text.matchAll(VARIABLE)].flatMap(match => {
    const parts = match[1]!.split(".");
    const isResult = (parts[0] === "tasks" || parts[0] === "finally") && parts[2] === "results";
    return isResult && (parts.length === 4 || parts.length === 5) ? [parts[1]!] : [];
  });
}

function textsInParam({ value }: Param): unknown[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value : entriesOf(value).map(([, item]) => item);
}

function textsInEnvironment({ value, valueFrom }: EnvironmentVariable): unknown[] {
  const source = objectOf(valueFrom);
  const keys: (KeyOf | undefined)[] = [objectOf(source?.secretKeyRef), objectOf(source?.configMapKeyRef)];
  return [value, ...keys.flatMap(key => [key?.key, key?.name])];
}

const textsInContainer = (container: TaskContainer): unknown[] => [
  ...["name", "image", "imagePullPolicy", "script", "workingDir"].map(
    field => container[field as keyof TaskContainer],
  ),
  ...textsOf(container.command),
  ...textsOf(container.args),
  ...objectsOf(container.env).flatMap(textsInEnvironment),
];

/** Every place that Tekton looks for results in; a child pipeline's spec is not one of them. */
function textsIn(task: PipelineTask): unknown[] {
  const matrix = objectOf(task.matrix);
  const params = [
    ...objectsOf(task.params),
    ...objectsOf(matrix?.params),
    ...objectsOf(matrix?.include).flatMap(include => objectsOf(include.params)),
  ];
  const spec = objectOf(task.taskSpec);
  return [
    ...params.flatMap(textsInParam),
    ...objectsOf(task.when).flatMap(when => [when.input, when.cel, ...textsOf(when.values)]),
    ...[...objectsOf(spec?.steps), ...objectsOf(spec?.sidecars)].flatMap(textsInContainer),
  ];
}

/** Names of the tasks that the task comes after, each once. */
export function dependenciesOf(task: PipelineTask): string[] {
  const names = new Set(textsOf(task.runAfter));
  for (const text of textsIn(task)) for (const name of resultSources(text)) names.add(name);
  return [...names];
}
