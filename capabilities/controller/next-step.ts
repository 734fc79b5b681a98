/** The one decision of the controller: given what is, what is to be done next for a run. */
import type { Settings } from "../choices/settings";
import { HELD_LABEL, OPT_IN_LABEL, OPTED_IN_LATE, OPTED_OUT, PLACEHOLDER_LABEL } from "../keys";
import { hasEnded, isChild, isHeldByUs, isManagedElsewhere, type PipelineRun } from "../tekton/objects";
import { isOptedIn } from "../admission/admit";
import { assistantFix, assistantVerdict, TEKTON_DEFAULT_COSCHEDULE } from "../tekton/assistant";
import { choicesOf } from "../choices/choices";
import { beforeRelease, whileRunning, type HandOver } from "../room/hand-over";
import { placeholderName } from "../placement/names";
import { activePods, boundNode, ownership, placeholderPod, type Observed } from "./observed";
import { neverFits } from "../placement/never-fits";
import { atTimeout, withinTimeout } from "./placement-timeout";
import { unitePodTemplates } from "../placement/pod-templates";
import { afterRefusal, missingStorage, withoutPod, type RefusalReason } from "./refusal";

/** What people are told on the run, as an Event. */
export interface Warning {
  /** Default: Warning. */
  type?: "Normal" | "Warning";
  reason: string;
  message: string;
  /** Warnings of one reason about the same are one Event on a run. Default: the message. */
  about?: string;
  /** What stands in the way of the placeholder, when that is what it tells. */
  refused?: RefusalReason;
}

type StepKind =
  /** Nothing to do, and nothing is waited for. */
  | { kind: "none" }
  /** Something has to change first; events and the resync bring the run back, or a look after a while. */
  | { kind: "wait" }
  | { kind: "make-placeholder" }
  | HandOver
  /** Start the run, tied to its placeholder. */
  | { kind: "release"; placeholder: string; node: string }
  /** Start the run without any affinity. */
  | { kind: "let-go" }
  /** End the run that has not started. */
  | { kind: "cancel" }
  | { kind: "delete-placeholder" };

/** A step, why it is taken (for the log), when to look again at the latest, and what people have to know. */
export type Step = StepKind & { why: string; lookAgainSeconds?: number; warnings?: Warning[] };

/** Pods of child runs are not watched for their end, so a look after a while has to do. */
const ACTIVE_PODS_LOOK_SECONDS = 2;

/** The placeholder serves no run any more: away with it, once no pod needs it. */
function cleanUp(observed: Observed, why: string): Step {
  const whose = ownership(observed);
  const mayGo = whose === "ours" || whose === "orphan";
  if (!mayGo) return { kind: "none", why };
  if (observed.statefulSet?.metadata?.deletionTimestamp !== undefined) return { kind: "none", why };
  const active = activePods(observed).length;
  if (active > 0) {
    return {
      kind: "wait",
      lookAgainSeconds: ACTIVE_PODS_LOOK_SECONDS,
      why: `${why}; ${active} of its pods are still active`,
    };
  }
  return { kind: "delete-placeholder", why };
}

/** How to go on where the StatefulSet is not there for this run; undefined when it is. */
function stepToOwnPlaceholder(run: PipelineRun, observed: Observed, at: Moment): Step | undefined {
  const name = placeholderName(run.metadata!.name!);
  switch (ownership(observed)) {
    case "ours":
      if (observed.statefulSet?.metadata?.deletionTimestamp === undefined) {
        return withoutPod(run, observed, at.now, at.settings.RETRY_LIMIT_SECONDS);
      }
      return { kind: "wait", lookAgainSeconds: 2, why: "its placeholder is being deleted" };
    case "none":
      if (observed.refusal !== undefined) {
        return afterRefusal(run, observed.refusal, at.now, at.settings.RETRY_LIMIT_SECONDS);
      }
      return { kind: "make-placeholder", why: "it has no placeholder" };
    case "earlier-run":
      return { kind: "wait", lookAgainSeconds: 2, why: "the placeholder of an earlier run is still there" };
    case "orphan":
      return cleanUp(observed, "the placeholder of an earlier run was orphaned");
    case "foreign":
      return {
        kind: "wait",
        why: "its placeholder's name is taken",
        warnings: [
          {
            reason: "PlaceholderNameTaken",
            message:
              `The run waits: its placeholder would be the StatefulSet ${name}, and there is one that this ` +
              `operator did not make. Delete or rename that StatefulSet, or create the run under another name.`,
          },
        ],
      };
  }
}

function assistantWarning(observed: Observed, clash: boolean, tektonNamespace: string): Warning {
  const mode = observed.coschedule ?? `${TEKTON_DEFAULT_COSCHEDULE} (Tekton's default)`;
  const consequence = clash
    ? "The run waits, because Tekton's Affinity Assistant would tie its pods to a second node and it would hang."
    : "This run has no claim and is placed all the same, but runs with a claim wait.";
  return {
    reason: "AffinityAssistantEnabled",
    message: `${consequence} coschedule is ${mode}. Switch the assistant off: ${assistantFix(tektonNamespace)}`,
  };
}

function contradictionWarning(contradictions: string[]): Warning {
  return {
    reason: "ContradictingPodTemplates",
    message:
      `The run waits, because no one node can serve all of its pods: ${contradictions.join("; ")}. ` +
      `Cancel it and change its pod templates, or let it run without co-location by setting its label ` +
      `${OPT_IN_LABEL} to "${OPTED_OUT}".`,
  };
}

const LATE: Warning = {
  reason: "OptedInTooLate",
  message:
    `The label ${OPT_IN_LABEL} came onto this run after it was created, by hand or from its Pipeline, and has no effect: ` +
    `its pods are placed as if there were none. It belongs on the PipelineRun when it is created, or on its Namespace.`,
};

/** A run that we hold and that is opted in: towards its placeholder, and its release. */
function place(run: PipelineRun, observed: Observed, at: Moment): Step {
  const name = placeholderName(run.metadata!.name!);
  const tektonNamespace = at.settings.TEKTON_NAMESPACE;
  const { warn, clash } = assistantVerdict(run, observed.coschedule);
  const warnings = warn ? [assistantWarning(observed, clash, tektonNamespace)] : [];
  if (clash) return { kind: "wait", why: "Tekton's Affinity Assistant is on", warnings };
  const { contradictions } = unitePodTemplates(run.spec, () => 0, { metadata: run.metadata! });
  if (contradictions.length > 0) {
    const why = "its pod templates contradict each other";
    return { kind: "wait", why, warnings: [...warnings, contradictionWarning(contradictions)] };
  }
  const first = stepToOwnPlaceholder(run, observed, at);
  if (first !== undefined) return { ...first, warnings: [...warnings, ...(first.warnings ?? [])] };
  const handOver = beforeRelease(observed);
  if (handOver !== undefined) return { ...handOver, warnings: [...warnings, ...missingStorage(observed)] };
  const node = boundNode(observed)!;
  return { kind: "release", placeholder: name, node, why: `its placeholder is bound to ${node}`, warnings };
}

export type NextStepSettings = Pick<
  Settings,
  "TEKTON_NAMESPACE" | "GROWTH_RETRY_SECONDS" | "RETRY_LIMIT_SECONDS" | "ON_NEVER_FITS"
>;

interface Moment {
  now: Date;
  settings: NextStepSettings;
}

/** What is said and done where no node will ever do. */
function unlessNeverFits(run: PipelineRun, step: Step, observed: Observed, settings: NextStepSettings): Step {
  const pod = placeholderPod(observed);
  if (step.kind !== "wait" || pod === undefined || observed.nodes === undefined) return step;
  const warning = neverFits(pod, observed.nodes);
  if (warning === undefined) return step;
  const told = { ...step, warnings: [...(step.warnings ?? []), warning] };
  if (settings.ON_NEVER_FITS === "wait") return told;
  return atTimeout(choicesOf(run.metadata?.annotations ?? {})["on-timeout"], told);
}

/**
 * @param observed the run as it is now
 */
export function nextStep(observed: Observed, settings: NextStepSettings, now: Date): Step {
  const { run } = observed;
  if (run === undefined) return cleanUp(observed, "the run is gone");
  if (run.metadata?.deletionTimestamp !== undefined) return cleanUp(observed, "the run is being deleted");
  if (hasEnded(run)) return cleanUp(observed, "the run has ended");
  if (isChild(run)) return { kind: "none", why: "a child shares the placeholder of its root" };
  if (run.metadata?.labels?.[HELD_LABEL] === OPTED_IN_LATE) {
    return { kind: "none", why: "it was opted in too late", warnings: [LATE] };
  }
  if (isManagedElsewhere(run)) return { kind: "none", why: "another controller runs it" };
  if (isHeldByUs(run) && !isOptedIn(run)) return { kind: "let-go", why: "the opt-in was withdrawn" };
  if (isHeldByUs(run)) {
    const placing = place(run, observed, { now, settings });
    return withinTimeout(run, unlessNeverFits(run, placing, observed, settings), now);
  }
  const name = placeholderName(run.metadata!.name!);
  if (run.metadata?.labels?.[PLACEHOLDER_LABEL] === name) {
    return (
      stepToOwnPlaceholder(run, observed, { now, settings }) ??
      whileRunning(run, observed, now, settings.GROWTH_RETRY_SECONDS) ?? { kind: "none", why: "it is placed" }
    );
  }
  return cleanUp(observed, "it was started without us");
}
