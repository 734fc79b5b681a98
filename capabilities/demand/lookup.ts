/** Where the definition of a task or pipeline is found, and why it is not. */
import { inText, type Values } from "./params";
import type {
  Definitions,
  NamedReference,
  PipelineSpec,
  PipelineTask,
  Reference,
  TaskSpec,
} from "./pipeline-spec";
import { objectOf, textOf } from "./untrusted";

export type Lookup<T> =
  | { spec: T; name?: string; missing?: undefined; why?: undefined }
  | { spec?: undefined; name?: string; missing?: Reference; why: string };

const TEKTON = /^tekton\.dev\//;

/** Tekton takes anything with an apiVersion and a kind of its own for a custom task. */
function isCustom(item: { apiVersion?: string; kind?: string }): boolean {
  const [apiVersion, kind] = [textOf(item.apiVersion), textOf(item.kind)];
  return apiVersion !== undefined && kind !== undefined && !(TEKTON.test(apiVersion) && kind === "Task");
}

function elsewhere(reference: NamedReference, kind: Reference["kind"]): string | undefined {
  const resolver = textOf(reference.resolver);
  if (resolver !== undefined) return `resolver ${resolver}`;
  if (textOf(reference.bundle) !== undefined) return "a bundle";
  if (isCustom(reference)) return `custom task ${reference.kind}`;
  const ownKind = textOf(reference.kind);
  return ownKind === undefined || ownKind === kind ? undefined : `kind ${ownKind}`;
}

function byName<T>(
  reference: NamedReference,
  kind: Reference["kind"],
  known: ReadonlyMap<string, T | undefined>,
  values: Values,
): Lookup<T> {
  const why = elsewhere(reference, kind);
  if (why !== undefined) return { why };
  const name = inText(textOf(reference.name) ?? "", values);
  if (name === "" || name.includes("$(")) return { why: `no name of a ${kind}` };
  const spec = known.get(name);
  if (spec !== undefined) return { spec, name };
  if (known.has(name)) return { name, why: `${kind} ${name} was not found` };
  return { name, why: `${kind} ${name} was not read`, missing: { kind, name } };
}

type PipelineHolder = Pick<PipelineTask, "pipelineRef" | "pipelineSpec">;

export const definitionsOf = (definitions: Definitions) => ({
  pipeline({ pipelineRef, pipelineSpec }: PipelineHolder, values: Values): Lookup<PipelineSpec> {
    const embedded = objectOf(pipelineSpec);
    if (embedded) return { spec: embedded };
    return byName(objectOf(pipelineRef) ?? {}, "Pipeline", definitions.pipelines, values);
  },
  task({ taskRef, taskSpec }: PipelineTask, values: Values): Lookup<TaskSpec> {
    const embedded = objectOf(taskSpec);
    if (embedded) return isCustom(embedded) ? { why: `custom task ${embedded.kind}` } : { spec: embedded };
    return byName(objectOf(taskRef) ?? {}, "Task", definitions.tasks, values);
  },
});
