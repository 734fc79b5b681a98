/** A placeholder whose pod has a scheduling gate: a queue that takes it for work of its own, Kueue by a default LocalQueue say. */
import type { V1Pod } from "@kubernetes/client-node";
import { PLACEHOLDER_COMPONENT } from "../keys";
import type { Warning } from "../tekton/warning";
import type { Step } from "./steps";

/** The reason of the condition PodScheduled: PodReasonSchedulingGated of k8s.io/api/core/v1. */
const GATED = "SchedulingGated";
/** A queue that has room lifts its gate within seconds. */
const PATIENCE_SECONDS = 20;

export const isGated = ({ status }: V1Pod): boolean =>
  status?.conditions?.some(
    ({ type, status: word, reason }) => type === "PodScheduled" && word === "False" && reason === GATED,
  ) === true;

/** The step of a run that waits for its placeholder's node, with what is to be said of a gate. */
export function withGate(step: Step, pod: V1Pod, now: Date): Step {
  if (!isGated(pod)) return step;
  const age = (now.getTime() - new Date(pod.metadata?.creationTimestamp ?? 0).getTime()) / 1000;
  const left = PATIENCE_SECONDS - age;
  if (left > 0) return { ...step, lookAgainSeconds: Math.min(step.lookAgainSeconds ?? Infinity, left) };
  const warning: Warning = {
    reason: "PlaceholderGated",
    message:
      `The run waits, because another controller has put a scheduling gate on the pod of its placeholder ` +
      `(${pod.metadata!.name}), and no scheduler looks at it. Take pods and StatefulSets that are labelled ` +
      `app.kubernetes.io/component=${PLACEHOLDER_COMPONENT} out of that controller's care: for Kueue, list ` +
      `pipelineruns.tekton.dev under integrations.externalFrameworks, or take the default LocalQueue out of the namespace.`,
  };
  return { ...step, warnings: [...(step.warnings ?? []), warning] };
}
