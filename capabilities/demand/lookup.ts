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

/**
 * Tekton takes anything with an apiVersion and a kind for a custom task; of a reference, the kind is Task if it has
 * none. One to a Task of Tekton's own counts as that Task: no controller takes it for a custom one.
 * Source: taskref_types.go and pipeline_types.go, IsCustomTask.
 */
function isCustom(item: { apiVersion?: string; kind?: string } | undefined, otherwise?: string): boolean {
  const [apiVersion, kind] = [textOf(item?.apiVersion), textOf(item?.kind) ?? otherwise];
  return apiVersion !== undefined && kind !== undefined && !(TEKTON.test(apiVersion) && kind === "Task");
}

/** A custom task makes no pod. */
export const isCustomTask = ({ taskRef, taskSpec }: PipelineTask): boolean => {
  const embedded = objectOf(taskSpec);
  return embedded === undefined ? isCustom(objectOf(taskRef), "Task") : isCustom(embedded);
};

function elsewhere(reference: NamedReference, kind: Reference["kind"]): string | undefined {
  const resolver = textOf(reference.resolver);
  if (resolver !== undefined) return `resolver ${resolver}`;
  if (textOf(reference.bundle) !== undefined) return "a bundle";
  const ownKind = textOf(reference.kind);
  return ownKind === undefined || ownKind === kind ? undefined : `kind ${ownKind}`;
}

interface Known<T> {
  byName: ReadonlyMap<string, T | undefined>;
  /** Why further ones are not read, if they are not. */
  notReadBecause: string | undefined;
}

function byName<T>(
  reference: NamedReference,
  kind: Reference["kind"],
  known: Known<T>,
  values: Values,
): Lookup<T> {
  const why = elsewhere(reference, kind);
  if (why !== undefined) return { why };
  const name = inText(textOf(reference.name) ?? "", values);
  if (name === "" || name.includes("$(")) return { why: `no name of a ${kind}` };
  const spec = known.byName.get(name);
  if (spec !== undefined) return { spec, name };
  if (known.byName.has(name)) return { name, why: `${kind} ${name} was not found` };
  const because = known.notReadBecause === undefined ? "" : `: ${known.notReadBecause}`;
  return { name, why: `${kind} ${name} was not read${because}`, missing: { kind, name } };
}

type PipelineHolder = Pick<PipelineTask, "pipelineRef" | "pipelineSpec">;

export const definitionsOf = (definitions: Definitions) => ({
  pipeline({ pipelineRef, pipelineSpec }: PipelineHolder, values: Values): Lookup<PipelineSpec> {
    const embedded = objectOf(pipelineSpec);
    if (embedded) return { spec: embedded };
    const { pipelines, notReadBecause } = definitions;
    return byName(objectOf(pipelineRef) ?? {}, "Pipeline", { byName: pipelines, notReadBecause }, values);
  },
  task({ taskRef, taskSpec }: PipelineTask, values: Values): Lookup<TaskSpec> {
    const embedded = objectOf(taskSpec);
    if (embedded) return { spec: embedded };
    const { tasks, notReadBecause } = definitions;
    return byName(objectOf(taskRef) ?? {}, "Task", { byName: tasks, notReadBecause }, values);
  },
});
