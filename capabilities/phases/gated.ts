/** A placeholder whose pod has a scheduling gate: a queue that takes it for work of its own, say. */
import type { V1Pod } from "@kubernetes/client-node";
import { KUEUE_PREFIX, PLACEHOLDER_COMPONENT } from "../keys";
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

/** How Kueue's gate can have stayed, see admission/kueue-gates.ts. */
const OF_KUEUE =
  `Kueue's is taken off when the pod is made: see that the operator's admission answers, and that the name of Kueue's ` +
  `MutatingWebhookConfiguration comes before that of the operator's. Then delete the pod; it is made again.`;

function messageFor({ metadata, spec }: V1Pod): string {
  const gates = (spec?.schedulingGates ?? []).map(({ name }) => name);
  return (
    `The run waits, because another controller has put a scheduling gate (${gates.join(", ")}) on the pod of its ` +
    `placeholder (${metadata!.name}), and no scheduler looks at it. ` +
    (gates.some(name => name.startsWith(KUEUE_PREFIX))
      ? OF_KUEUE
      : `Take pods that are labelled app.kubernetes.io/component=${PLACEHOLDER_COMPONENT} out of that controller's care.`)
  );
}

/** The step of a run that waits for its placeholder's node, with what is to be said of a gate. */
export function withGate(step: Step, pod: V1Pod, now: Date): Step {
  if (!isGated(pod)) return step;
  const age = (now.getTime() - new Date(pod.metadata?.creationTimestamp ?? 0).getTime()) / 1000;
  const left = PATIENCE_SECONDS - age;
  if (left > 0) return { ...step, lookAgainSeconds: Math.min(step.lookAgainSeconds ?? Infinity, left) };
  const warning: Warning = { reason: "PlaceholderGated", message: messageFor(pod) };
  return { ...step, warnings: [...(step.warnings ?? []), warning] };
}
