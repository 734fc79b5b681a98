/** Where a run stands with us, and in which one of its phases a placeholder is. */
import { OPT_IN_LABEL, OPTED_IN, PLACEHOLDER_LABEL } from "../keys";
import { placeholderName } from "../placement/names";
import { recordOf } from "../placement/record";
import { isResizing } from "../room/kubelet-answer";
import { hasEnded, isChild, isHeldByUs, isManagedElsewhere, type PipelineRun } from "../tekton/objects";
import { ownership, placeholderPod, type Observed } from "./observed";

export const STAGES = {
  over: "gone, being deleted, or ended",
  unplaced: "not for us, or started without us",
  withdrawn: "held by us, and opted in no longer",
  held: "held by us",
  placed: "let go, tied to its placeholder",
} as const;
export type Stage = keyof typeof STAGES;

export const PHASES = {
  absent: "there is no StatefulSet",
  taken: "the StatefulSet of its name belongs to another run, or to nobody we know",
  looking: "its pod has no node yet, and the run is held",
  anchored: "its pod has a node, and is as large as its kubelet has granted",
  "handing over": "its pod is being resized",
  replacing: "its pod is being replaced by another one on the same node",
  moving: "its run was let go, and it looks for another node",
  lost: "its run was let go, and its pod is gone or has no node",
  going: "it is being deleted, or its run needs it no longer",
} as const;
export type Phase = keyof typeof PHASES;

/** A child shares the placeholder of its root; what is managed elsewhere or opted in too late is not ours. */
export function stageOf(run: PipelineRun | undefined): Stage {
  if (run === undefined || run.metadata?.deletionTimestamp !== undefined || hasEnded(run)) return "over";
  if (isChild(run) || isManagedElsewhere(run)) return "unplaced";
  const labels = run.metadata?.labels ?? {};
  if (isHeldByUs(run)) return labels[OPT_IN_LABEL] === OPTED_IN ? "held" : "withdrawn";
  return labels[PLACEHOLDER_LABEL] === placeholderName(run.metadata!.name!) ? "placed" : "unplaced";
}

/** Whether the run needs its placeholder. */
export const isServed = (stage: Stage): boolean => stage === "held" || stage === "placed";

/** A function of what is seen and of the record on the StatefulSet, see placement/record.ts. */
export function phaseOf(observed: Observed): Phase {
  const { run, statefulSet } = observed;
  const whose = ownership(observed);
  if (whose === "none") return "absent";
  if (whose !== "ours") return "taken";
  const stage = stageOf(run);
  if (statefulSet!.metadata?.deletionTimestamp !== undefined || !isServed(stage)) return "going";
  const { pinnedTo, movingFrom } = recordOf(statefulSet!);
  const pod = placeholderPod(observed);
  if (pinnedTo !== undefined) return "replacing";
  if (pod?.spec?.nodeName) return isResizing(pod) ? "handing over" : "anchored";
  if (stage === "held") return "looking";
  return movingFrom === undefined ? "lost" : "moving";
}
