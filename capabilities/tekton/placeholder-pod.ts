/** Which of the pods that carry a placeholder's label is the placeholder itself. */
import type { V1Pod } from "@kubernetes/client-node";
import { COMPONENT_LABEL, PLACEHOLDER_COMPONENT } from "../keys";

export function isPlaceholderPod(pod: V1Pod): boolean {
  return pod.metadata?.labels?.[COMPONENT_LABEL] === PLACEHOLDER_COMPONENT;
}
