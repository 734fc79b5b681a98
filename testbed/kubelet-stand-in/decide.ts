/**
 * Which in-place resizes a node's kubelet grants. The rules, their order and the messages are those of
 * Kubernetes v1.36: pkg/kubelet/allocation/allocation_manager.go and pkg/kubelet/lifecycle/predicate.go.
 */
import type { V1Pod } from "@kubernetes/client-node";
import { pendingCondition, progressCondition } from "./conditions";
import { allocatedPod, isResizePending, podRequests, sum, type Amounts } from "./requests";

export type Decision =
  /** The room is the pod's; what it had is in force until it is actuated. */
  | { pod: V1Pod; outcome: "allocated" }
  /** What was allocated is in force. */
  | { pod: V1Pod; outcome: "actuated" }
  | { pod: V1Pod; outcome: "deferred"; message: string }
  /** Nothing is asked for any more: it was withdrawn, or the pod has ended. */
  | { pod: V1Pod; outcome: "none" };

/** What a kubelet has yet to do about a pod; it takes its time over each. */
export type Step = "answer" | "actuate";

/** Whether the pod has ended; one that is being deleted counts until it is gone. */
export function hasEnded({ status }: V1Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

export const wantsResize = (pod: V1Pod): boolean => !hasEnded(pod) && isResizePending(pod);

/** Whether a resize was found to have no room, and its pod has not been changed since. */
export function isWaitingForRoom(pod: V1Pod): boolean {
  return wantsResize(pod) && pendingCondition(pod)?.observedGeneration === pod.metadata?.generation;
}

/** Whether the status is that of a spec which has changed since; a pod that goes is not answered any more. */
function isUnobserved({ metadata, status }: V1Pod): boolean {
  if (status?.phase !== "Running" || metadata?.deletionTimestamp !== undefined) return false;
  return status.observedGeneration !== undefined && status.observedGeneration !== metadata?.generation;
}

/** Whether the status tells of a resize that nobody asks for any more, or of an older spec. */
function isToBeSettled(pod: V1Pod): boolean {
  if (wantsResize(pod)) return false;
  if (hasEnded(pod)) return (pendingCondition(pod) ?? progressCondition(pod)) !== undefined;
  return pendingCondition(pod) !== undefined || isUnobserved(pod);
}

/** What is to be done about a pod whatever happens to others: not a growth that waits for room. */
export function openSteps(pod: V1Pod): Step[] {
  const isAsking = wantsResize(pod) && !isWaitingForRoom(pod);
  const steps: Step[] = isAsking || isToBeSettled(pod) ? ["answer"] : [];
  return progressCondition(pod) !== undefined && !hasEnded(pod) ? ["actuate", ...steps] : steps;
}

/**
 * @param allocatable the node's
 * @param pods all pods of the node
 * @param isDue whether the kubelet has come to this step by now; who waits for room has been answered already
 * @returns what becomes of the pods; of a pod that is to be actuated, nothing else
 */
export function decideResizes(
  allocatable: Amounts,
  pods: readonly V1Pod[],
  isDue: (pod: V1Pod, step: Step) => boolean = () => true,
): Decision[] {
  const actuated = pods.filter(pod => openSteps(pod).includes("actuate") && isDue(pod, "actuate"));
  const answerable = pods.filter(
    pod => !actuated.includes(pod) && (isWaitingForRoom(pod) || isDue(pod, "answer")),
  );
  return [
    ...actuated.map(pod => ({ pod, outcome: "actuated" as const })),
    ...answerable.filter(isToBeSettled).map(pod => ({ pod, outcome: "none" as const })),
    ...shareRoom(allocatable, pods, answerable.filter(wantsResize)),
  ];
}

function shareRoom(allocatable: Amounts, pods: readonly V1Pod[], asking: V1Pod[]): Decision[] {
  const allocated = new Map(
    pods.filter(pod => !hasEnded(pod)).map(pod => [pod, podRequests(allocatedPod(pod))]),
  );
  return asking.sort(byTurn).map((pod): Decision => {
    const others = [...allocated].filter(([other]) => other !== pod).map(([, amount]) => amount);
    const used = others.reduce(sum, { cpu: 0, memory: 0 });
    const message = isGrowth(pod) ? shortage(podRequests(pod), used, allocatable) : undefined;
    if (message !== undefined) return { pod, outcome: "deferred", message };
    allocated.set(pod, podRequests(pod));
    return { pod, outcome: "allocated" };
  });
}

/** What is short, in the kubelet's words; of two resources the first. */
function shortage(requested: Amounts, used: Amounts, allocatable: Amounts): string | undefined {
  for (const name of ["cpu", "memory"] as const) {
    if (requested[name] === 0 || requested[name] <= allocatable[name] - used[name]) continue;
    const figures = `requested: ${requested[name]}, used: ${used[name]}, capacity: ${allocatable[name]}`;
    return `Node didn't have enough resource: ${name}, ${figures}`;
  }
  return undefined;
}

/**
 * What is none is granted on a node that has given away more than it has, too. A kubelet's never has, since
 * it rejects the pod that is too many; KWOK does not.
 */
function isGrowth(pod: V1Pod): boolean {
  const asked = podRequests(pod);
  const granted = podRequests(allocatedPod(pod));
  return asked.cpu > granted.cpu || asked.memory > granted.memory;
}

/**
 * Whose turn it is: first what needs no room, then by priority, Guaranteed before others, and who has
 * waited longest, those that have not been decided on yet last.
 */
function byTurn(a: V1Pod, b: V1Pod): number {
  return (
    Number(isGrowth(a)) - Number(isGrowth(b)) ||
    (b.spec?.priority ?? 0) - (a.spec?.priority ?? 0) ||
    Number(isGuaranteed(b)) - Number(isGuaranteed(a)) ||
    compare(waitingSince(a), waitingSince(b))
  );
}

const isGuaranteed = ({ status }: V1Pod): boolean => status?.qosClass === "Guaranteed";

function waitingSince(pod: V1Pod): number {
  const since = pendingCondition(pod)?.lastTransitionTime;
  return since === undefined ? Infinity : new Date(since).getTime();
}

const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
