/**
 * Where a resize will not do: the placeholder's pod is replaced by a smaller one on the same node. Its
 * StatefulSet is pinned to the node, the pod made again, and the StatefulSet settled when that has come.
 */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { amountOf, exceeds, type Resources } from "../demand/resources";
import type { HandOverStep } from "./hand-over";
import { isPinned, isSettled } from "../placement/placeholder-template";
import { requestedBy, reservationOf } from "../placement/placeholder-size";
import { fixedIn, isResizable, resizable } from "./reservation";

const isNothing = (resources: Resources): boolean => exceeds(resizable(resources), {}).length === 0;

/**
 * @param node where the pod is
 * @param size what it is to ask for
 * @returns undefined when the pod and its StatefulSet are as they should be, but for a resize
 */
export function replacement(
  pod: V1Pod,
  statefulSet: V1StatefulSet,
  node: string,
  size: Resources,
): HandOverStep | undefined {
  const asked = requestedBy(pod.spec!);
  const wanted = requestedBy(statefulSet.spec!.template.spec!);
  const reservation = reservationOf(statefulSet);
  // What a LimitRange puts into the pod unasked is none of ours, and would come again.
  const surplus = exceeds(asked, wanted).filter(
    name => isResizable(name) || amountOf(reservation.ask, name) > 0,
  );
  if (isPinned(statefulSet) && surplus.length > 0) {
    return { kind: "remake-pod", pod, why: `a smaller one is to take its place on ${node}` };
  }
  const fixed = fixedIn(asked, reservation);
  if (fixed.length > 0) {
    return {
      kind: "pin-placeholder",
      node,
      size,
      why: `${fixed.join(", ")} cannot be handed over otherwise`,
    };
  }
  if (isNothing(size) && !isNothing(asked)) {
    const why = "its run needs all that its namespace or node has, and no pod can be resized to nothing";
    return { kind: "pin-placeholder", node, size, why };
  }
  if (!isSettled(statefulSet))
    return { kind: "settle-placeholder", why: `its placeholder is bound to ${node}` };
  return undefined;
}
