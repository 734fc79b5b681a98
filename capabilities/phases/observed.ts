/** What a decision about one run rests on, and the questions that are asked of it. */
import type { V1OwnerReference, V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { APP_NAME, APP_NAME_LABEL, COMPONENT_LABEL, PLACEHOLDER_COMPONENT } from "../keys";
import { hasEnded, type CustomRun, type PipelineRun, type TaskRun } from "../tekton/objects";
import { isPlaceholderPod } from "../tekton/placeholder-pod";
import { reservationOf } from "../room/placeholder-size";
import type { NodeSummary } from "../placement/never-fits";
import type { NodeRoom } from "../placement/node-room";
import type { NodeState } from "../placement/node-state";

/** One run and all that belongs to its placeholder, as the store knows it or as it was read afresh. */
export interface Observed {
  run: PipelineRun | undefined;
  /** The StatefulSet of the placeholder's name, whoever it belongs to. */
  statefulSet: V1StatefulSet | undefined;
  /** Every pod of the namespace that carries the placeholder's label: the placeholder and the run's. */
  pods: V1Pod[];
  /** Every TaskRun, and every run of a pipeline in a pipeline, that carries the label; read only for a placed run. */
  taskRuns: TaskRun[];
  /** Every CustomRun that carries the label; those of runs without custom tasks need not be there. */
  customRuns: CustomRun[];
  children: PipelineRun[];
  /** The value of `coschedule` in Tekton's feature flags; read only for a run that we hold. */
  coschedule: string | undefined;
  /** Whether Tekton's own operator keeps those flags. */
  hasTektonOperator?: boolean;
  /** In the API server's words, why it would not take the placeholder's StatefulSet; known when that was tried. */
  refusal?: string;
  /** Since when the StatefulSet has been seen without its pod; unknown to a controller that has just begun. */
  podMissingSince?: Date;
  /** When this controller first saw the run. */
  runSeenSince?: Date;
  /** Why the StatefulSet's pod was refused, as its Events tell; read only where it lacks its pod. */
  podRefusal?: string;
  /** Whether the claims that Tekton made for the run were deleted just now, or are there for good. */
  areClaimsDone?: boolean;
  /** Of the nodes that its pods are on, what those say that are not as they should be, by name. */
  nodeStates?: ReadonlyMap<string, NodeState>;
  /** On its placeholder's node, beside that; known only of a run that is held. */
  nodeRoom?: NodeRoom;
  /** Whether a queue has taken the run; read only where that decides something, see dependsOnQueue. */
  isQueued?: boolean;
  /** All nodes of the cluster; read only where they decide something, see dependsOnNodes. */
  nodes?: readonly NodeSummary[];
}

export type Ownership =
  | "none"
  | "ours"
  /** Ours, of an earlier run of the same name, and Kubernetes will collect it. */
  | "earlier-run"
  /** Ours, with no owner left: its run was deleted with --cascade=orphan. */
  | "orphan"
  | "foreign";

const ownerRun = (statefulSet: V1StatefulSet): V1OwnerReference | undefined =>
  statefulSet.metadata?.ownerReferences?.find(owner => owner.controller === true);

/** Whose the StatefulSet of the placeholder's name is. Only `ours` and `orphan` are ever deleted. */
export function ownership({ run, statefulSet }: Observed): Ownership {
  if (statefulSet === undefined) return "none";
  const labels = statefulSet.metadata?.labels ?? {};
  const hasOurLabels =
    labels[APP_NAME_LABEL] === APP_NAME && labels[COMPONENT_LABEL] === PLACEHOLDER_COMPONENT;
  if (!hasOurLabels) return "foreign";
  const owner = ownerRun(statefulSet);
  if (owner === undefined) return "orphan";
  if (owner.kind !== "PipelineRun") return "foreign";
  return owner.uid === run?.metadata?.uid ? "ours" : "earlier-run";
}

export const hasNode = ({ spec }: V1Pod): boolean => Boolean(spec?.nodeName);

/** Whether its run waits for CustomRuns at some time. */
export const hasCustomTasks = (statefulSet: V1StatefulSet | undefined): boolean =>
  statefulSet !== undefined &&
  reservationOf(statefulSet).tasks.some(({ customRuns }) => customRuns !== undefined);

export const hasFinished = ({ status }: Pick<V1Pod, "status">): boolean =>
  status?.phase === "Succeeded" || status?.phase === "Failed";

/** Pods of the run that are waiting or running; its placeholder is not among them. */
export function activePods({ pods }: Observed): V1Pod[] {
  return pods.filter(pod => !isPlaceholderPod(pod) && !hasFinished(pod));
}

/** TaskRuns and child runs that have not ended: their next pods may be on their way. */
export const underWay = ({ taskRuns, children }: Observed): (TaskRun | PipelineRun)[] =>
  [...taskRuns, ...children].filter(one => !hasEnded(one));

/** Names of the claims that pods of the run use, those among them that Tekton has made for it. */
export function claimsInUse({ pods }: Observed): string[] {
  const names = pods
    .filter(pod => !isPlaceholderPod(pod))
    .flatMap(({ spec }) => spec?.volumes ?? [])
    .flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
  return [...new Set(names)];
}

/** The placeholder's pod, if it is one of the StatefulSet as it is now, and stays. */
export function placeholderPod({ pods, statefulSet }: Observed): V1Pod | undefined {
  const uid = statefulSet?.metadata?.uid;
  return pods.find(
    pod =>
      isPlaceholderPod(pod) &&
      uid !== undefined &&
      pod.metadata?.ownerReferences?.some(owner => owner.uid === uid) === true &&
      pod.metadata.deletionTimestamp === undefined &&
      !hasFinished(pod),
  );
}

/** In the scheduler's words, why the placeholder has no node. */
export function schedulingMessage(observed: Observed): string | undefined {
  return placeholderPod(observed)?.status?.conditions?.find(
    condition => condition.type === "PodScheduled" && condition.status === "False",
  )?.message;
}

/** Whether the nodes have to be known: the scheduler has found none, and no autoscaler will make one. */
export function dependsOnNodes(observed: Observed, autoscaler: "expected" | "none"): boolean {
  return autoscaler === "none" && schedulingMessage(observed) !== undefined;
}
