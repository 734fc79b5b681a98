/** Rows for runs whose StatefulSet, or its pod, is not there yet. */
import type { V1Pod } from "@kubernetes/client-node";
import { exceeds } from "../../demand/resources";
import { assistantFix, assistantVerdict, TEKTON_DEFAULT_COSCHEDULE } from "../../tekton/assistant";
import { templateAsks } from "../moving";
import { ownership } from "../observed";
import { afterRefusal, isDueAgain, isPodLate, makeLatePod, podIsMissing, podIsRefused } from "../refusal";
import type { Row } from "../row";
import type { Sight } from "../sight";
import { LEFT_BEHIND } from "./move";
import type { Warning } from "../../tekton/warning";

/** There is none that is replaced. */
const NO_POD: V1Pod = { metadata: { uid: "" } };

/** In which an event of the StatefulSet's end comes first, where all is well. */
const GOING_LOOK_SECONDS = 2;

/** What is to be said of Tekton's assistant; undefined when it is off. */
export function assistantWarning({ run, observed, settings }: Sight): Warning | undefined {
  const { warn, clash } = assistantVerdict(run, observed.coschedule);
  if (!warn) return undefined;
  const mode = observed.coschedule ?? `${TEKTON_DEFAULT_COSCHEDULE} (Tekton's default)`;
  const consequence = clash
    ? "The run waits, because Tekton's Affinity Assistant would tie its pods to a second node and it would hang."
    : "This run has no claim and is placed all the same, but runs with a claim wait.";
  return {
    reason: "AffinityAssistantEnabled",
    message: `${consequence} coschedule is ${mode}. Switch the assistant off: ${assistantFix(settings.TEKTON_NAMESPACE, observed.hasTektonOperator === true)}`,
  };
}

const nameTaken = ({ placeholder }: Sight): Warning => ({
  reason: "PlaceholderNameTaken",
  message:
    `The run waits: its placeholder would be the StatefulSet ${placeholder}, and there is one that this ` +
    `operator did not make. Delete or rename that StatefulSet, or create the run under another name.`,
});

export const PLACEHOLDER: readonly Row[] = [
  {
    name: "the opt-in was withdrawn",
    why: "People get a run out by its label.",
    stages: ["withdrawn"],
    takes: ["let-go"],
    step: () => ({ kind: "let-go", why: "the opt-in was withdrawn" }),
    to: ["released"],
  },
  {
    name: "another gate has not let it go yet",
    why: "A queue that finds it started ends it, and a place that is kept while it queues is kept from others.",
    stages: ["held"],
    when: ({ otherGate }) => otherGate !== undefined,
    takes: ["wait"],
    step: ({ otherGate }) => otherGate!,
  },
  {
    name: "Tekton's Affinity Assistant would tie it to a second node",
    why: "Its pods could then go nowhere.",
    stages: ["held"],
    when: ({ run, observed }) => assistantVerdict(run, observed.coschedule).clash,
    takes: ["wait"],
    step: () => ({ kind: "wait", why: "Tekton's Affinity Assistant is on" }),
  },
  {
    name: "the placeholder of an earlier run was orphaned",
    why: "The name is needed, and nobody collects that StatefulSet.",
    stages: ["held", "placed"],
    phases: ["taken"],
    when: ({ observed, activePods }) => ownership(observed) === "orphan" && activePods.length === 0,
    takes: ["delete-placeholder"],
    step: () => ({ kind: "delete-placeholder", why: "the placeholder of an earlier run was orphaned" }),
    to: ["absent"],
  },
  {
    name: "the placeholder of an earlier run is still there",
    why: "Two placeholders of one name cannot be told apart; Kubernetes collects the old one.",
    stages: ["held", "placed"],
    phases: ["taken"],
    when: ({ observed }) => ownership(observed) !== "foreign",
    takes: ["wait"],
    step: () => ({
      kind: "wait",
      lookAgainSeconds: GOING_LOOK_SECONDS,
      why: "the placeholder of an earlier run is still there",
    }),
  },
  {
    name: "the placeholder's name is taken",
    why: "What is not ours is not touched.",
    stages: ["held", "placed"],
    phases: ["taken"],
    takes: ["wait"],
    step: seen => ({ kind: "wait", why: "its placeholder's name is taken", warnings: [nameTaken(seen)] }),
  },
  {
    name: "the placeholder is being deleted",
    why: "A new one of the name can be made only then.",
    stages: ["held", "placed"],
    phases: ["going"],
    takes: ["wait"],
    step: () => ({
      kind: "wait",
      lookAgainSeconds: GOING_LOOK_SECONDS,
      why: "its placeholder is being deleted",
    }),
  },
  {
    name: "the StatefulSet was refused just now",
    why: "A quota, a policy or a missing class: tried again, and told.",
    stages: ["held", "placed"],
    phases: ["absent"],
    when: ({ observed }) => observed.refusal !== undefined,
    takes: ["wait"],
    step: ({ run, observed, settings, now }) =>
      afterRefusal(run, observed.refusal!, now, settings.RETRY_LIMIT_SECONDS),
  },
  {
    name: "there is no placeholder",
    why: "It finds the run's node; a placed run gets it back where its pods are.",
    stages: ["held", "placed"],
    phases: ["absent"],
    takes: ["make-placeholder"],
    step: () => ({ kind: "make-placeholder", why: "it has no placeholder" }),
    to: ["looking", "lost"],
  },
  ...LEFT_BEHIND,
  {
    name: "the pod was refused for a while, and its run has not started",
    why: "Made anew, it asks for what the namespace allows now.",
    stages: ["held"],
    phases: ["looking", "replacing"],
    when: ({ pod, run, observed, settings, now }) =>
      pod === undefined && isDueAgain(run, observed, now, settings.RETRY_LIMIT_SECONDS),
    takes: ["delete-placeholder"],
    step: ({ observed }) => ({
      kind: "delete-placeholder",
      why: `its placeholder's pod is refused: ${observed.podRefusal}`,
      warnings: podIsRefused(observed),
      lookAgainSeconds: GOING_LOOK_SECONDS,
    }),
    to: ["absent"],
  },
  {
    name: "the pod was refused for a while, and its run is under way",
    why: "What the rest of the run needs is more than a LimitRange or quota lets one pod ask for; with the floor it has a node.",
    stages: ["placed"],
    phases: ["lost", "moving"],
    when: seen =>
      seen.pod === undefined &&
      isDueAgain(seen.run, seen.observed, seen.now, seen.settings.RETRY_LIMIT_SECONDS) &&
      exceeds(templateAsks(seen), seen.reservation.floor).length > 0,
    takes: ["start-over"],
    step: seen => ({
      kind: "start-over",
      reason: "node_refused",
      pod: NO_POD,
      ask: seen.reservation.floor,
      why: `its placeholder's pod is refused: ${seen.observed.podRefusal}`,
      warnings: podIsRefused(seen.observed),
    }),
    to: ["moving"],
  },
  {
    name: "the pod is late, and its run waits for it",
    why: "The StatefulSet's controller may ask for 20 things a second in all; many runs at once would wait for it.",
    stages: ["held"],
    phases: ["looking"],
    when: ({ pod, observed, now }) => pod === undefined && isPodLate(observed, now),
    takes: ["make-pod"],
    step: ({ observed, settings, now }) => makeLatePod(observed, now, settings.RETRY_LIMIT_SECONDS),
    to: ["looking"],
  },
  {
    name: "the pod is not there",
    why: "The StatefulSet's controller makes it; while it is refused, people are told.",
    stages: ["held", "placed"],
    phases: ["looking", "replacing", "lost", "moving"],
    when: ({ pod }) => pod === undefined,
    takes: ["wait"],
    step: ({ run, observed, settings, now }) =>
      podIsMissing(run, observed, now, settings.RETRY_LIMIT_SECONDS),
  },
];
