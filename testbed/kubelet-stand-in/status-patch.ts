/** What a decision writes to the pod's status. */
import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { PENDING_CONDITION, pendingCondition, type Decision } from "./decide";
import { resizableContainers } from "./requests";

export type JsonPatch = { op: "add" | "remove" | "replace" | "test"; path: string; value?: unknown }[];

/**
 * The JSON Patch for pods/status, which fails when the pod has changed since it was decided on.
 *
 * @param now time of a condition that is new
 * @returns undefined when the status says so already
 */
export function statusPatch(decision: Decision, now: Date): JsonPatch | undefined {
  const { pod } = decision;
  const changes = [
    ...(decision.outcome === "granted" ? grant(pod) : []),
    ...(decision.outcome === "deferred" ? defer(pod, decision.message, now) : settle(pod)),
  ];
  if (changes.length === 0) return undefined;
  return [
    { op: "test", path: "/metadata/resourceVersion", value: pod.metadata?.resourceVersion },
    ...changes,
    { op: "add", path: "/status/observedGeneration", value: pod.metadata?.generation },
  ];
}

/** A grant takes effect at once: PodResizeInProgress would begin and end with the same write. */
function grant(pod: V1Pod): JsonPatch {
  const asked = new Map(resizableContainers(pod).map(({ name, resources }) => [name, resources ?? {}]));
  const write = (list: "containerStatuses" | "initContainerStatuses"): JsonPatch =>
    (pod.status?.[list] ?? []).flatMap(({ name }: V1ContainerStatus, index) => {
      const resources = asked.get(name);
      if (resources === undefined) return [];
      const path = `/status/${list}/${index}`;
      return [
        { op: "add" as const, path: `${path}/resources`, value: resources },
        { op: "add" as const, path: `${path}/allocatedResources`, value: resources.requests ?? {} },
      ];
    });
  return [...write("containerStatuses"), ...write("initContainerStatuses")];
}

function defer(pod: V1Pod, message: string, now: Date): JsonPatch {
  const reason = "Deferred";
  const { generation } = pod.metadata!;
  const before = pendingCondition(pod);
  const isSame =
    before?.reason === reason && before.message === message && before.observedGeneration === generation;
  if (isSame) return [];
  const condition = {
    ...{ type: PENDING_CONDITION, status: "True", reason, message, observedGeneration: generation },
    lastTransitionTime: before?.reason === reason ? before.lastTransitionTime : now,
  };
  return before === undefined
    ? [{ op: "add", path: "/status/conditions/-", value: condition }]
    : [{ op: "replace", path: conditionPath(pod), value: condition }];
}

function settle(pod: V1Pod): JsonPatch {
  return pendingCondition(pod) === undefined ? [] : [{ op: "remove", path: conditionPath(pod) }];
}

function conditionPath({ status }: V1Pod): string {
  return `/status/conditions/${status!.conditions!.findIndex(({ type }) => type === PENDING_CONDITION)}`;
}
