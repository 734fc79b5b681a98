/** Where the definition of a task or pipeline is found, and why it is not. */
import { CLUSTER_RESOLVER, clusterReference } from "./cluster-resolver";
import { inText, type Values } from "./params";
import {
  referenceKey,
  referenceText,
  type Definitions,
  type NamedReference,
  type PipelineSpec,
  type PipelineTask,
  type Reference,
  type TaskSpec,
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

/** What is named, or why that is not known. */
function named(reference: NamedReference, kind: Reference["kind"], values: Values): Reference | string {
  if (reference.resolver === CLUSTER_RESOLVER) return clusterReference(reference, kind, values);
  const why = elsewhere(reference, kind);
  if (why !== undefined) return why;
  const name = inText(textOf(reference.name) ?? "", values);
  return name === "" || name.includes("$(") ? `no name of a ${kind}` : { kind, name };
}

type Why = Pick<Definitions, "notReadBecause" | "notAllowed">;

function found<T>(
  missing: Reference | string,
  known: ReadonlyMap<string, T | undefined>,
  { notReadBecause, notAllowed }: Why,
): Lookup<T> {
  if (typeof missing === "string") return { why: missing };
  const [name, text] = [referenceKey(missing), referenceText(missing)];
  const spec = known.get(name);
  if (spec !== undefined) return { spec, name };
  if (notAllowed?.has(text)) return { name, why: `${text} may not be read` };
  if (known.has(name)) return { name, why: `${text} was not found` };
  const because = notReadBecause === undefined ? "" : `: ${notReadBecause}`;
  return { name, why: `${text} was not read${because}`, missing };
}

type PipelineHolder = Pick<PipelineTask, "pipelineRef" | "pipelineSpec">;

export const definitionsOf = (definitions: Definitions) => ({
  pipeline({ pipelineRef, pipelineSpec }: PipelineHolder, values: Values): Lookup<PipelineSpec> {
    const embedded = objectOf(pipelineSpec);
    if (embedded) return { spec: embedded };
    const reference = named(objectOf(pipelineRef) ?? {}, "Pipeline", values);
    return found(reference, definitions.pipelines, definitions);
  },
  task({ taskRef, taskSpec }: PipelineTask, values: Values): Lookup<TaskSpec> {
    const embedded = objectOf(taskSpec);
    if (embedded) return { spec: embedded };
    const reference = named(objectOf(taskRef) ?? {}, "Task", values);
    return found(reference, definitions.tasks, definitions);
  },
});
