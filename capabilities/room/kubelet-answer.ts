/** What the kubelet made of a resize of the placeholder's pod. */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { exceeds, parseResources, type Resources } from "../demand/resources";
import type { HandOverStep } from "./hand-over";
import { isPinned } from "../placement/placeholder-template";
import { requestedBy } from "../placement/placeholder-size";
import { resizable } from "./reservation";

/** What the kubelet has granted its container. */
export function grantedTo({ status }: V1Pod): Resources {
  const container = status?.containerStatuses?.[0];
  return resizable(parseResources(container?.allocatedResources ?? container?.resources?.requests));
}

/** What the kubelet has put off, or will never grant: a growth where there is no room, or any change, as with swap. */
export function pendingResize(pod: V1Pod): "growth" | "shrink" | undefined {
  const isPending = pod.status?.conditions?.some(
    ({ type, status }) => type === "PodResizePending" && status === "True",
  );
  if (isPending !== true) return undefined;
  return exceeds(resizable(requestedBy(pod.spec!)), grantedTo(pod)).length > 0 ? "growth" : "shrink";
}

/** A shrink that will never be granted: a small pod takes its place on the node. */
export function afterRefusedShrink(
  pod: V1Pod,
  statefulSet: V1StatefulSet,
  node: string,
  size: Resources,
): HandOverStep {
  const why = "the kubelet does not grant what its run's pods need";
  return isPinned(statefulSet)
    ? { kind: "remake-pod", pod, why }
    : { kind: "pin-placeholder", node, size, why };
}
