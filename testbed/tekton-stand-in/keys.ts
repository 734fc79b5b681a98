/** Names of the tekton.dev API that more than one file uses: group, labels, annotations, reasons. */

export const group = "tekton.dev";
export const v1 = `${group}/v1`;
export const v1beta1 = `${group}/v1beta1`;
/** `spec.managedBy` that means Tekton itself; any other value means: leave the run alone. */
export const managedByTekton = `${group}/pipeline`;

export const label = {
  pipeline: `${group}/pipeline`,
  pipelineRun: `${group}/pipelineRun`,
  pipelineRunUID: `${group}/pipelineRunUID`,
  pipelineTask: `${group}/pipelineTask`,
  memberOf: `${group}/memberOf`,
  task: `${group}/task`,
  taskRun: `${group}/taskRun`,
  taskRunUID: `${group}/taskRunUID`,
  managedBy: "app.kubernetes.io/managed-by",
} as const;
export const managedByValue = "tekton-pipelines";

export const annotation = {
  release: "pipeline.tekton.dev/release",
  /** Tells the entrypoint of the first step that the pod's sidecars are up. */
  ready: "tekton.dev/ready",
  onError: "pipeline.tekton.dev/pipeline-task-on-error",
  lastApplied: "kubectl.kubernetes.io/last-applied-configuration",
} as const;
/** What a build of Tekton without a version stamp calls itself. */
export const release = "unknown";
export const readyValue = "READY";

/** Values of a PipelineRun's `spec.status`. */
export const specStatus = {
  pending: "PipelineRunPending",
  cancelled: "Cancelled",
  cancelledRunFinally: "CancelledRunFinally",
  stoppedRunFinally: "StoppedRunFinally",
} as const;

/** `spec.statusMessage` that tells a child why it was cancelled; Tekton recognises a timeout by it. */
export const cancelMessage = {
  TaskRun: {
    cancelled: "TaskRun cancelled as the PipelineRun it belongs to has been cancelled.",
    timedOut: "TaskRun cancelled as the PipelineRun it belongs to has timed out.",
  },
  CustomRun: {
    cancelled: "CustomRun cancelled as the PipelineRun it belongs to has been cancelled.",
    timedOut: "CustomRun cancelled as the PipelineRun it belongs to has timed out.",
  },
} as const;
export const taskRunCancelled = "TaskRunCancelled";
export const taskRunPending = "TaskRunPending";
export const customRunCancelled = "RunCancelled";

/** Reason of the failure of a run that uses something the stand-in does not have. */
export const unsupportedReason = "NotSupportedByStandIn";
