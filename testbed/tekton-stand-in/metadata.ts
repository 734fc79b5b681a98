/** Labels, annotations and owners that objects get from the ones they are made for. */
import type { V1OwnerReference } from "@kubernetes/client-node";
import { annotation, label, v1 } from "./keys";
import type {
  Labels,
  Meta,
  PipelineRun,
  PipelineSpec,
  PipelineTask,
  PipelineTaskRunSpec,
  Run,
} from "./types";

/** Annotations that Tekton Chains keeps for itself; they are not handed down. */
const reserved = /^chains\.tekton\.dev\//;

/** The reference by which `run` owns what is made for it. */
export const ownedBy = (run: Run): V1OwnerReference => ({
  apiVersion: v1,
  kind: run.kind,
  name: run.metadata.name,
  uid: run.metadata.uid,
  controller: true,
  blockOwnerDeletion: true,
});

/** Whether the object is owned by `run`, this very one and not one of the same name. */
export const isOwnedBy = (
  object: { metadata?: { ownerReferences?: V1OwnerReference[] } },
  run: Run,
): boolean => object.metadata?.ownerReferences?.[0]?.uid === run.metadata.uid;

export function handedDownAnnotations(run: Run): Labels {
  return Object.fromEntries(
    Object.entries(run.metadata.annotations ?? {}).filter(([key]) => !reserved.test(key)),
  );
}

function memberOf(spec: PipelineSpec | undefined, pipelineTask: string): Labels {
  const has = (tasks: PipelineTask[] = []): boolean => tasks.some(task => task.name === pipelineTask);
  if (has(spec?.tasks)) return { [label.memberOf]: "tasks" };
  return has(spec?.finally) ? { [label.memberOf]: "finally" } : {};
}

/** Labels of a run's child: those of the run, and who it belongs to. */
export const childLabels = (run: PipelineRun, pipelineTask: string): Labels => ({
  ...run.metadata.labels,
  [label.pipelineRun]: run.metadata.name,
  [label.pipelineRunUID]: run.metadata.uid,
  [label.pipelineTask]: pipelineTask,
  ...memberOf(run.status?.pipelineSpec, pipelineTask),
});

/** Labels and annotations of a TaskRun. What taskRunSpecs say counts first, then the run, then the task's own. */
export function taskRunMetadata(
  run: PipelineRun,
  task: PipelineTask,
  spec: PipelineTaskRunSpec,
): { labels: Labels; annotations: Labels } {
  const onError: Labels = task.onError === "continue" ? { [annotation.onError]: "continue" } : {};
  const own = task.taskSpec?.metadata;
  return {
    labels: { ...own?.labels, ...childLabels(run, task.name), ...spec.metadata?.labels },
    annotations: {
      ...own?.annotations,
      ...handedDownAnnotations(run),
      ...spec.metadata?.annotations,
      ...onError,
    },
  };
}

/** Labels and annotations of a CustomRun or a child PipelineRun; one of a Pipeline by name is called as that. */
export function childRunMetadata(
  run: PipelineRun,
  { name, pipelineRef }: PipelineTask,
): { labels: Labels; annotations: Labels } {
  const pipeline: Labels = pipelineRef?.name ? { [label.pipeline]: pipelineRef.name } : {};
  return { labels: { ...childLabels(run, name), ...pipeline }, annotations: handedDownAnnotations(run) };
}

/** The value of `tekton.dev/pipeline` for a run that has no such label yet. */
export function pipelineLabel(run: PipelineRun, restrict: (name: string) => string): string {
  if (run.spec.pipelineRef?.name) return run.spec.pipelineRef.name;
  return (run.metadata.generateName && restrict(run.metadata.generateName)) || run.metadata.name;
}

/**
 * Labels and annotations of `definition` (a Pipeline, a Task) added to those of the run made from it; the
 * run's own win.
 */
export function withDefinition(meta: Meta, definition: { labels?: Labels; annotations?: Labels }): Meta {
  const { [annotation.lastApplied]: _applied, ...annotations } = definition.annotations ?? {};
  return {
    ...meta,
    labels: { ...definition.labels, ...meta.labels },
    annotations: { ...annotations, ...meta.annotations },
  };
}
