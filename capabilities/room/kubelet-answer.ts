/** What the kubelet has made of a resize of the placeholder's pod, so far. */
import type { V1Pod, V1PodCondition } from "@kubernetes/client-node";
import { exceeds, countedResources, type Resources } from "../demand/resources";
import { PLACEHOLDER_COMPONENT } from "../keys";
import { requestedBy } from "./placeholder-size";
import { resizable } from "./reservation";

/** What the kubelet has granted its container; undefined before that runs. */
function grantedIfKnown({ status }: V1Pod): Resources | undefined {
  const container = status?.containerStatuses?.find(({ name }) => name === PLACEHOLDER_COMPONENT);
  const granted = container?.allocatedResources ?? container?.resources?.requests;
  return granted === undefined ? undefined : resizable(countedResources(granted));
}

/** Whether the kubelet has said what its container has. */
export const isGrantKnown = (pod: V1Pod): boolean => grantedIfKnown(pod) !== undefined;

export const grantedTo = (pod: V1Pod): Resources => grantedIfKnown(pod) ?? resizable({});

/** Whether the kubelet has yet to grant what the pod asks for. */
export function isResizing(pod: V1Pod): boolean {
  const granted = grantedIfKnown(pod);
  if (granted === undefined) return false;
  const asked = resizable(requestedBy(pod.spec!));
  return exceeds(asked, granted).length > 0 || exceeds(granted, asked).length > 0;
}

/**
 * A condition speaks of the spec that it has seen. For a moment after a change the old one still stands, with an
 * observedGeneration below the pod's (Kubernetes 1.34 and newer set it; without it the condition counts).
 */
const isCurrent = ({ observedGeneration }: V1PodCondition, { metadata }: V1Pod): boolean =>
  observedGeneration === undefined || observedGeneration >= (metadata?.generation ?? 0);

/** What the kubelet has put off, or will never grant: a growth where there is no room, or any change, as with swap. */
export function pendingResize(pod: V1Pod): "growth" | "shrink" | undefined {
  const isPending = pod.status?.conditions?.some(
    condition =>
      condition.type === "PodResizePending" && condition.status === "True" && isCurrent(condition, pod),
  );
  if (isPending !== true) return undefined;
  const asked = resizable(requestedBy(pod.spec!));
  if (exceeds(asked, grantedTo(pod)).length > 0) return "growth";
  // All that is asked for is granted: nothing is put off, whatever the condition says.
  return isResizing(pod) ? "shrink" : undefined;
}
