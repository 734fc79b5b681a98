/** What was seen of the cluster, in order; board and claims are made from it alone. */
import type { V1Node, V1ObjectMeta, V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { isPlaceholderPod } from "../capabilities/tekton/placeholder-pod";
import { TEKTON_PIPELINE_RUN_LABEL } from "../capabilities/keys";
import type { PipelineRun } from "../capabilities/tekton/objects";

export interface Kinds {
  node: V1Node;
  pod: V1Pod;
  run: PipelineRun;
  statefulSet: V1StatefulSet;
}
export type Kind = keyof Kinds;

export interface Seen<K extends Kind = Kind> {
  kind: K;
  /** Whether this is the end of the object. */
  gone: boolean;
  /** The resourceVersion. All kinds are in one etcd, so it orders changes of different kinds as well. */
  revision: number;
  /** When it was seen, in milliseconds since the epoch. */
  atMilliseconds: number;
  object: Kinds[K];
}

/** The changes of one kind, oldest first. */
export function ofKind<K extends Kind>(seen: readonly Seen[], kind: K): Seen<K>[] {
  return (seen as Seen<K>[])
    .filter(change => change.kind === kind)
    .sort((one, other) => one.revision - other.revision);
}

/** The newest state of each object of a kind that is still there. */
export function present<K extends Kind>(seen: readonly Seen[], kind: K): Kinds[K][] {
  const newest = new Map<string, Seen<K>>();
  for (const change of ofKind(seen, kind)) newest.set(change.object.metadata!.uid!, change);
  return [...newest.values()].filter(({ gone }) => !gone).map(({ object }) => object);
}

/** The run that a pod, a StatefulSet or a placeholder of either kind is of. */
export function runOf({ metadata }: { metadata?: V1ObjectMeta }): string | undefined {
  return metadata?.labels?.[TEKTON_PIPELINE_RUN_LABEL];
}

export function isActive({ status }: V1Pod): boolean {
  return status?.phase !== "Succeeded" && status?.phase !== "Failed";
}

/** In the scheduler's words, why a pod has no node. */
export function schedulerReason({ status }: V1Pod): string | undefined {
  return status?.conditions?.find(({ type, status: value }) => type === "PodScheduled" && value === "False")
    ?.message;
}

/** Whether it is a placeholder's pod, or its StatefulSet: both are labelled alike. */
export function isPlaceholder({ metadata }: { metadata?: V1ObjectMeta }): boolean {
  return isPlaceholderPod({ metadata });
}

export function placeholderOf(pods: readonly V1Pod[], run: string): V1Pod | undefined {
  return pods.find(pod => isPlaceholder(pod) && runOf(pod) === run);
}
