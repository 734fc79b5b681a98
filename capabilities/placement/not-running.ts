/** A placeholder whose container does not start. Its run goes on all the same: to be on its node is all that it is for. */
import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { PLACEHOLDER_COMPONENT } from "../keys";
import type { Warning } from "../tekton/warning";

/**
 * What a kubelet says when people have to do something about it (pkg/kubelet/images/types.go,
 * pkg/kubelet/kuberuntime/kuberuntime_container.go). Not of a first failure, ErrImagePull: the next pull may do.
 */
const FAULTS: Readonly<Record<string, "image" | "container">> = {
  ImagePullBackOff: "image",
  ErrImageNeverPull: "image",
  InvalidImageName: "image",
  ImageInspectError: "image",
  SignatureValidationFailed: "image",
  CreateContainerConfigError: "container",
  CreateContainerError: "container",
  RunContainerError: "container",
  CrashLoopBackOff: "container",
};

const ADVICE = {
  image:
    "Set the operator's placeholderImage to an image that the nodes can pull, for each architecture in use; pull " +
    "secrets are those of the run's pod templates and ServiceAccount.",
  container:
    "Set the operator's placeholderImage to an image that waits until it is ended and runs as another user than root, " +
    "or see what in placeholderTemplate, the run's RuntimeClass or an admission webhook keeps it from that.",
};

type Waiting = NonNullable<NonNullable<V1ContainerStatus["state"]>["waiting"]>;

/** Undefined while the container runs, or is about to. */
export function whyNotRunning({ state }: V1ContainerStatus): Waiting | undefined {
  const { waiting } = state ?? {};
  return waiting?.reason !== undefined && Object.hasOwn(FAULTS, waiting.reason) ? waiting : undefined;
}

/** The same of a placeholder's own container. */
export function whyPlaceholderWaits({ status }: V1Pod): Waiting | undefined {
  const container = status?.containerStatuses?.find(({ name }) => name === PLACEHOLDER_COMPONENT);
  return container && whyNotRunning(container);
}

export function notRunningWarning(pod: V1Pod): Warning | undefined {
  const waiting = whyPlaceholderWaits(pod);
  if (waiting === undefined) return undefined;
  const { reason, message } = waiting;
  return {
    reason: "PlaceholderNotRunning",
    about: "container",
    message:
      `The run goes on, but the container of its placeholder does not run on ${pod.spec!.nodeName}: ${reason}` +
      `${message === undefined ? "" : `, ${message.replace(/\.$/, "")}`}. ${ADVICE[FAULTS[reason!]!]}`,
  };
}
