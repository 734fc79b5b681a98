/** Why a placeholder cannot be made, in the API server's words, and when that is tried again. */
import { KEY_PREFIX, PLACEHOLDER_COMPONENT } from "../keys";
import { CROSS_NAMESPACE } from "../room/quota-scopes";
import type { PipelineRun } from "../tekton/objects";
import type { Step } from "./steps";
import type { RefusalReason, Warning } from "../tekton/warning";
import { isPlaceholderPod } from "../tekton/placeholder-pod";
import { ownership, placeholderPod, schedulingMessage, type Observed } from "./observed";
import { heldSince } from "./placement-timeout";

export interface Refusal {
  of: "StatefulSet" | "pod" | "node";
  message: string;
}

const WHAT_FAILS: Record<Refusal["of"], string> = {
  StatefulSet: "the StatefulSet of its placeholder cannot be made",
  pod: "the pod of its placeholder cannot be made",
  node: "its placeholder can have no node",
};

/** The last is said where a claim's class is not there, and while a volume is made that does not wait for a pod. */
const MISSING_STORAGE =
  /(?:persistentvolumeclaim|storageclass)\S* .*not found|unbound immediate PersistentVolumeClaims/i;

/** In the words of Kubernetes 1.36's admission plugins; the first that matches counts. */
const WORDS: [RefusalReason, RegExp][] = [
  ["admission_webhook", /admission webhook .* denied the request|failed calling webhook/],
  ["admission_policy", /ValidatingAdmissionPolicy .* denied request/],
  ["pod_security", /violates PodSecurity/],
  ["quota", /exceeded quota|failed quota|insufficient quota/],
  ["limit_range", /(?:minimum|maximum) .* usage per |limit to request ratio per /],
  ["service_account", /service account .*not found|serviceaccounts? "?\S+"? not found/],
  ["class", /no PriorityClass with name|RuntimeClass .* not found/],
  ["volume", MISSING_STORAGE],
  ["permission", /cannot (?:create|list|get|patch|delete) resource/],
];

const WHAT_TO_DO: Record<RefusalReason, string> = {
  quota: "Raise the quota, or wait until other runs have ended.",
  limit_range: "Change the LimitRange, or the operator's least requests (placeholderCpu, placeholderMemory).",
  pod_security:
    "Its pod meets the restricted standard; the run's pod templates or another webhook change it.",
  admission_policy: `Allow StatefulSets and pods that are labelled app.kubernetes.io/component=${PLACEHOLDER_COMPONENT}.`,
  admission_webhook: `Allow StatefulSets and pods that are labelled app.kubernetes.io/component=${PLACEHOLDER_COMPONENT}.`,
  volume: "Make the claim, and its StorageClass or a volume for it, or take it out of the run.",
  service_account:
    "Make the ServiceAccount that the run names (taskRunTemplate.serviceAccountName): its pods need it, too.",
  class: "Make the class that the run's pod templates name, or change them.",
  permission: "Install the operator's chart anew: its account lacks a permission.",
  other: "",
};

/** Which isolation of the run such a quota counts, in all namespaces at once. */
const CROSS_NAMESPACE_ADVICE = `Or choose ${KEY_PREFIX}isolation-scope: namespace, which this quota does not count.`;

const adviceOn = (reason: RefusalReason, message: string): string =>
  message.includes(CROSS_NAMESPACE) ? `${WHAT_TO_DO[reason]} ${CROSS_NAMESPACE_ADVICE}` : WHAT_TO_DO[reason];

const isEndingNamespace = (message: string): boolean => message.includes("because it is being terminated");

export function refusalReason(message: string): RefusalReason {
  return WORDS.find(([, words]) => words.test(message))?.[0] ?? "other";
}

export function refusalWarning({ of, message }: Refusal): Warning {
  const reason = refusalReason(message);
  return {
    reason: "PlaceholderRefused",
    refused: reason,
    // The words differ from try to try, as with what is used of a quota; one Event is enough.
    about: `${of} ${reason}`,
    message:
      `The run waits, because ${WHAT_FAILS[of]}: ${message.replace(/\.$/, "")}. ${adviceOn(reason, message)}`.trim(),
  };
}

const LEAST_PAUSE_SECONDS = 4;
/** In which the pod of a StatefulSet appears, when all is well. */
const POD_SECONDS = 1;
const FIRST_LOOK_SECONDS = 2;
/** In which a StatefulSet's controller that is not behind has made the pod. */
const PROMPT_SECONDS = 0.1;

/** Grows with the time for which it has gone on, so that a while later as much as half of that is waited. */
const pauseSeconds = (sinceSeconds: number, most: number): number =>
  Math.min(most, Math.max(LEAST_PAUSE_SECONDS, sinceSeconds / 2));

const seconds = (time: Date | string | undefined): number => new Date(time ?? NaN).getTime() / 1000;
const madeAt = ({ statefulSet }: Observed): number => seconds(statefulSet?.metadata?.creationTimestamp);

/** Since when the StatefulSet has had no pod, as far as is known: from when it was made, or its pod was seen to go. */
const withoutPodSince = (observed: Observed): number =>
  Math.max(madeAt(observed), observed.podMissingSince === undefined ? 0 : seconds(observed.podMissingSince));

/** Whether the StatefulSet should have its pod by now: then its Events tell why it has not. */
export function lacksItsPod(observed: Observed, now: Date): boolean {
  return (
    ownership(observed) === "ours" &&
    placeholderPod(observed) === undefined &&
    seconds(now) - withoutPodSince(observed) >= POD_SECONDS
  );
}

/** Whether the StatefulSet's controller is behind with a pod that nothing is known to stand in the way of. */
export const isPodLate = (observed: Observed, now: Date): boolean =>
  ownership(observed) === "ours" &&
  observed.podRefusal === undefined &&
  // One that goes has the name; so may one of an earlier StatefulSet.
  !observed.pods.some(isPlaceholderPod) &&
  seconds(now) - withoutPodSince(observed) >= PROMPT_SECONDS;

/** Whether an Event can be about the pod that is missing now, and not about an earlier one. Times have whole seconds. */
export const isAboutMissingPod = (at: Date, observed: Observed): boolean =>
  seconds(at) >= Math.floor(withoutPodSince(observed));

/** The API server would not take the StatefulSet just now. */
export function afterRefusal(run: PipelineRun, message: string, now: Date, mostSeconds: number): Step {
  const why = `its placeholder is refused: ${message}`;
  const lookAgainSeconds = pauseSeconds(seconds(now) - heldSince(run) / 1000, mostSeconds);
  // Its namespace takes no Event either, and will take the run with it.
  if (isEndingNamespace(message)) return { kind: "wait", why, lookAgainSeconds };
  return { kind: "wait", why, lookAgainSeconds, warnings: [refusalWarning({ of: "StatefulSet", message })] };
}

/** What is to be said of a pod that is refused; nothing while it is not known to be. */
export function podIsRefused({ podRefusal: message }: Observed): Warning[] {
  if (message === undefined || isEndingNamespace(message)) return [];
  return [refusalWarning({ of: "pod", message })];
}

/** Seconds until a StatefulSet whose pod is refused is made anew, by what the namespace allows then. */
const secondsToRetry = (run: PipelineRun, observed: Observed, now: Date, mostSeconds: number): number =>
  madeAt(observed) + pauseSeconds(madeAt(observed) - heldSince(run) / 1000, mostSeconds) - seconds(now);

export function isDueAgain(run: PipelineRun, observed: Observed, now: Date, mostSeconds: number): boolean {
  return observed.podRefusal !== undefined && secondsToRetry(run, observed, now, mostSeconds) <= 0;
}

/**
 * A StatefulSet that has no pod. Nothing but a look tells of a refusal.
 *
 * @param mostSeconds longest pause between two looks
 */
export function podIsMissing(run: PipelineRun, observed: Observed, now: Date, mostSeconds: number): Step {
  const { podRefusal } = observed;
  if (podRefusal !== undefined) {
    return {
      kind: "wait",
      why: `its placeholder's pod is refused: ${podRefusal}`,
      warnings: podIsRefused(observed),
      lookAgainSeconds: Math.max(FIRST_LOOK_SECONDS, secondsToRetry(run, observed, now, mostSeconds)),
    };
  }
  const lookAgainSeconds = lacksItsPod(observed, now)
    ? pauseSeconds(seconds(now) - withoutPodSince(observed), mostSeconds)
    : isPodLate(observed, now)
      ? FIRST_LOOK_SECONDS
      : PROMPT_SECONDS;
  return { kind: "wait", why: "its placeholder's pod is being made", lookAgainSeconds };
}

/** @param mostSeconds longest pause before the next try, should this one come to nothing */
export const makeLatePod = (observed: Observed, now: Date, mostSeconds: number): Step => ({
  kind: "make-pod",
  why: "its StatefulSet's controller is behind",
  lookAgainSeconds: pauseSeconds(seconds(now) - withoutPodSince(observed), mostSeconds),
});

/** A pod that no node can help: what its volumes need is not there. */
export function missingStorage(observed: Observed): Warning[] {
  const message = schedulingMessage(observed);
  if (message === undefined || !MISSING_STORAGE.test(message)) return [];
  return [refusalWarning({ of: "node", message })];
}
