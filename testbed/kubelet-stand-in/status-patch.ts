/** What a decision writes to the pod's status. */
import type { V1ContainerStatus, V1Pod, V1PodCondition } from "@kubernetes/client-node";
import { PENDING_CONDITION, pendingCondition, PROGRESS_CONDITION } from "./conditions";
import { hasEnded, type Decision } from "./decide";
import { allocatedPod, resizableContainers } from "./requests";

export type JsonPatch = { op: "add" | "replace" | "test"; path: string; value?: unknown }[];

/**
 * The JSON Patch for pods/status, which fails when the pod has changed since it was decided on.
 *
 * @param now time of a condition that is new
 * @returns undefined when the status says so already
 */
export function statusPatch(decision: Decision, now: Date): JsonPatch | undefined {
  const { pod } = decision;
  const changes = [...resourcesOf(decision), ...conditionsOf(decision, now), ...observed(decision)];
  if (changes.length === 0) return undefined;
  return [
    { op: "test", path: "/metadata/resourceVersion", value: pod.metadata?.resourceVersion },
    ...changes,
  ];
}

function resourcesOf({ pod, outcome }: Decision): JsonPatch {
  switch (outcome) {
    case "allocated":
      return perContainer(pod, pod, "allocatedResources", resources => resources.requests ?? {});
    case "actuated":
      return perContainer(pod, allocatedPod(pod), "resources", resources => resources);
    default:
      return [];
  }
}

/** @param source the pod whose containers' resources are written */
function perContainer(
  { status }: V1Pod,
  source: V1Pod,
  field: "resources" | "allocatedResources",
  valueOf: (resources: NonNullable<V1ContainerStatus["resources"]>) => object,
): JsonPatch {
  const all = new Map(resizableContainers(source).map(({ name, resources }) => [name, resources ?? {}]));
  return (["containerStatuses", "initContainerStatuses"] as const).flatMap(list =>
    (status?.[list] ?? []).flatMap(({ name }, index) => {
      const resources = all.get(name);
      if (resources === undefined) return [];
      return [{ op: "add" as const, path: `/status/${list}/${index}/${field}`, value: valueOf(resources) }];
    }),
  );
}

function conditionsOf(decision: Decision, now: Date): JsonPatch {
  const { pod } = decision;
  const before = pod.status?.conditions ?? [];
  const without = (...types: string[]) => before.filter(({ type }) => !types.includes(type));
  const write = (value: V1PodCondition[]): JsonPatch => [{ op: "add", path: "/status/conditions", value }];
  switch (decision.outcome) {
    case "allocated":
      return write([...without(PENDING_CONDITION, PROGRESS_CONDITION), inProgress(pod, now)]);
    case "actuated":
      return write(without(PROGRESS_CONDITION));
    case "deferred": {
      const wanted = deferred(pod, decision.message, now);
      return isSame(pendingCondition(pod), wanted) ? [] : write([...without(PENDING_CONDITION), wanted]);
    }
    case "none": {
      const left = hasEnded(pod)
        ? without(PENDING_CONDITION, PROGRESS_CONDITION)
        : without(PENDING_CONDITION);
      return left.length === before.length ? [] : write(left);
    }
  }
}

function inProgress({ metadata }: V1Pod, now: Date): V1PodCondition {
  return {
    type: PROGRESS_CONDITION,
    status: "True",
    observedGeneration: metadata?.generation,
    lastTransitionTime: now,
  };
}

function deferred(pod: V1Pod, message: string, now: Date): V1PodCondition {
  const reason = "Deferred";
  const before = pendingCondition(pod);
  return {
    type: PENDING_CONDITION,
    status: "True",
    reason,
    message,
    observedGeneration: pod.metadata?.generation,
    lastTransitionTime: before?.reason === reason ? before.lastTransitionTime : now,
  };
}

function isSame(a: V1PodCondition | undefined, b: V1PodCondition): boolean {
  return a?.reason === b.reason && a?.message === b.message && a?.observedGeneration === b.observedGeneration;
}

/** An actuation is of the spec that was allocated: it may not have seen the one that is there now. */
function observed({ pod: { metadata, status }, outcome }: Decision): JsonPatch {
  if (outcome === "actuated" || status?.observedGeneration === metadata?.generation) return [];
  return [{ op: "add", path: "/status/observedGeneration", value: metadata?.generation }];
}
