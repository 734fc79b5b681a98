/** What a pod's state says about the TaskRun that it runs. */
import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import type { Condition } from "../types";

export type Verdict = Pick<Condition, "status" | "reason" | "message">;

const isStep = (status: V1ContainerStatus): boolean => status.name.startsWith("step-");
const isSidecar = (status: V1ContainerStatus): boolean => status.name.startsWith("sidecar-");
const exitCode = (status: V1ContainerStatus): number => status.state?.terminated?.exitCode ?? 0;
const isOutOfMemory = (status: V1ContainerStatus): boolean =>
  status.state?.terminated?.reason === "OOMKilled";

function isComplete(pod: V1Pod): boolean {
  const phase = pod.status?.phase;
  if (phase === "Succeeded" || phase === "Failed") return true;
  const steps = (pod.status?.containerStatuses ?? []).filter(isStep);
  return phase === "Running" && steps.length > 0 && steps.every(step => step.state?.terminated);
}

const hasPodFailed = (pod: V1Pod): boolean =>
  pod.status?.phase === "Failed" ||
  (pod.status?.containerStatuses ?? []).some(
    status => isStep(status) && (exitCode(status) !== 0 || isOutOfMemory(status)),
  );

function failure(pod: V1Pod): Verdict {
  const failed = (reason: string, message: string): Verdict => ({ status: "False", reason, message });
  if (pod.status?.reason === "Evicted") return failed("PodEvicted", pod.status.message ?? "");
  const init = pod.status?.initContainerStatuses?.find(status => exitCode(status) !== 0);
  if (init)
    return failed(
      "InitContainerFailed",
      `init container failed, "${init.name}" exited with code ${exitCode(init)}`,
    );
  const containers = pod.status?.containerStatuses ?? [];
  const checks: [string, (status: V1ContainerStatus) => boolean][] = [
    ["SidecarOOM", status => isSidecar(status) && isOutOfMemory(status)],
    ["StepOOM", status => isStep(status) && isOutOfMemory(status)],
    ["SidecarFailed", status => isSidecar(status) && exitCode(status) !== 0],
    ["StepFailed", status => isStep(status) && exitCode(status) !== 0],
  ];
  for (const [reason, holds] of checks) {
    const status = containers.find(holds);
    if (status) return failed(reason, `"${status.name}" exited with code ${exitCode(status)}`);
  }
  return failed("Failed", pod.status?.message || "build failed for unspecified reasons.");
}

function waiting(pod: V1Pod): Verdict {
  const unschedulable = pod.status?.conditions?.find(
    condition => condition.reason === "Unschedulable" && condition.message?.includes("Insufficient"),
  );
  return unschedulable
    ? {
        status: "Unknown",
        reason: "ExceededNodeResources",
        message: "TaskRun Pod exceeded available resources",
      }
    : { status: "Unknown", reason: "Pending", message: "Pending" };
}

/**
 * The TaskRun's condition.
 *
 * @param ignoreFailure the pipeline task has `onError: continue`
 */
export function podVerdict(pod: V1Pod, ignoreFailure: boolean): Verdict {
  if (isComplete(pod)) {
    if (!hasPodFailed(pod))
      return { status: "True", reason: "Succeeded", message: "All Steps have completed executing" };
    const failed = failure(pod);
    return ignoreFailure ? { ...failed, reason: "FailureIgnored" } : failed;
  }
  if (pod.status?.phase === "Running") {
    return {
      status: "Unknown",
      reason: "Running",
      message: "Not all Steps in the Task have finished executing",
    };
  }
  return waiting(pod);
}

/** Whether the sidecars of a running pod are ready, or over, so that its first step may start. */
export function areSidecarsReady(pod: V1Pod): boolean {
  if (pod.status?.phase !== "Running") return false;
  const others = (pod.status.containerStatuses ?? []).filter(status => !isStep(status));
  return others.every(status => (status.state?.running && status.ready) || status.state?.terminated);
}

/** `status.steps` of the TaskRun. */
export const stepStates = (pod: V1Pod) =>
  (pod.status?.containerStatuses ?? []).filter(isStep).map(({ name, state }) => ({
    ...state,
    name: name.replace(/^step-/, ""),
    container: name,
  }));
