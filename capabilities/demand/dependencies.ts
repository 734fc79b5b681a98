/** Which tasks must have ended before a task starts. Source: Tekton's pipeline_types.go and resultref.go, Deps. */
import type { EnvironmentVariable, KeyOf, Param, PipelineTask, TaskContainer } from "./pipeline-spec";
import { entriesOf, objectOf, objectsOf, textsOf } from "./untrusted";

const VARIABLE = /\$\(([\w.-]+(?:\[(?:\d+|\*)\])?)\)/g;

/** Each `$(tasks.<task>.results.<result>)`, with a key of an object result or without; and the name of the task. */
function* resultsIn(text: unknown): Generator<{ written: string; task: string }> {
  if (typeof text !== "string" || !text.includes(".results.")) return;
  for (const [written, reference] of text.matchAll(VARIABLE)) {
    const [kind, task, results, ...rest] = reference!.split(".", 6);
    const isResult = (kind === "tasks" || kind === "finally") && results === "results";
    if (isResult && (rest.length === 1 || rest.length === 2)) yield { written, task: task! };
  }
}

/** What of the text counts for the order of tasks. */
export function referencesToResults(text: string): string {
  let references = "";
  for (const { written } of resultsIn(text)) references += written;
  return references;
}

function* textsInParam({ value }: Param): Generator<unknown> {
  if (typeof value === "string") yield value;
  else if (Array.isArray(value)) yield* value;
  else for (const [, item] of entriesOf(value)) yield item;
}

function* textsInEnvironment({ value, valueFrom }: EnvironmentVariable): Generator<unknown> {
  yield value;
  const source = objectOf(valueFrom);
  const keys: (KeyOf | undefined)[] = [objectOf(source?.secretKeyRef), objectOf(source?.configMapKeyRef)];
  for (const key of keys) {
    yield key?.key;
    yield key?.name;
  }
}

function* textsInContainer(container: TaskContainer): Generator<unknown> {
  yield container.name;
  yield container.image;
  yield container.imagePullPolicy;
  yield container.script;
  yield container.workingDir;
  yield* textsOf(container.command);
  yield* textsOf(container.args);
  for (const variable of objectsOf(container.env)) yield* textsInEnvironment(variable);
}

/** Every place that Tekton looks for results in; a child pipeline's spec is not one of them. */
function* textsIn(task: PipelineTask): Generator<unknown> {
  const matrix = objectOf(task.matrix);
  for (const param of objectsOf(task.params)) yield* textsInParam(param);
  for (const param of objectsOf(matrix?.params)) yield* textsInParam(param);
  for (const { params } of objectsOf(matrix?.include)) {
    for (const param of objectsOf(params)) yield* textsInParam(param);
  }
  for (const when of objectsOf(task.when)) {
    yield when.input;
    yield when.cel;
    yield* textsOf(when.values);
  }
  const spec = objectOf(task.taskSpec);
  for (const step of objectsOf(spec?.steps)) yield* textsInContainer(step);
  for (const sidecar of objectsOf(spec?.sidecars)) yield* textsInContainer(sidecar);
}

/** Names of the tasks whose results the task uses, each once. */
export function resultsUsedBy(task: PipelineTask): string[] {
  const names = new Set<string>();
  for (const text of textsIn(task)) for (const { task: name } of resultsIn(text)) names.add(name);
  return [...names];
}

/** Names of the tasks that the task comes after, each once. */
export const dependenciesOf = (task: PipelineTask, used = resultsUsedBy(task)): string[] => [
  ...new Set([...textsOf(task.runAfter), ...used]),
];
