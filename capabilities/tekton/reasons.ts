/**
 * Every reason that an Event of the controller's can have on a run: what it means, and what people can do about it. The
 * command `why`, the documentation and the type of a Warning are made from this one table. A leaf.
 */

export interface ReasonWords {
  /** What has happened, for somebody who sees the reason alone. */
  means: string;
  /** What people can do; what the Event itself says in more detail comes first. */
  todo: string;
  /** A run that is held waits for what it tells, whatever else is seen of it. */
  holds?: true;
  /** Of what goes well: the Event's type is Normal, and not Warning. */
  isNormal?: true;
}

export const REASONS = {
  Reserved: {
    means: "what its placeholder asks for, and why",
    todo: "Nothing: this is as it should be.",
    isNormal: true,
  },
  WaitsForQueue: {
    means: "a queueing controller starts the run first; it is placed when that has let it go",
    todo: "Look at that queue: the Event names the label by which the run is its own.",
    isNormal: true,
  },
  Held: { means: "the run is held, and why", todo: "What the Event says.", isNormal: true },
  WaitingForNode: {
    means: "the run is held until a node has room for it; the Event has the scheduler's words",
    todo: "Add or free a node, where no autoscaler makes one.",
    isNormal: true,
  },
  Placed: {
    means: "the run has its node, and starts",
    todo: "Nothing: this is as it should be.",
    isNormal: true,
  },
  Moving: {
    means: "its placeholder looks for another node, and why",
    todo: "Nothing: the run's next pods follow it.",
    isNormal: true,
  },
  Moved: {
    means: "the run goes on on another node",
    todo: "Nothing: this is as it should be.",
    isNormal: true,
  },
  MoveAwaited: {
    means: "its node takes no more pods; the run moves when its pods there have ended",
    todo: "Nothing, or kubectl uncordon the node.",
    isNormal: true,
  },
  NoNodeToMoveTo: {
    means: "the run is to go on elsewhere, and no node takes it",
    todo: "Make a node that takes it, where what its volumes or pods need is.",
  },
  MovesInVain: {
    means: "the run was moved several times, and no node takes its next pod",
    todo: "Make a node that takes it, or change what the scheduler names.",
  },
  PodWaits: {
    means: "a pod of the run waits for room, while others of it are on the node",
    todo: "Nothing, if they end: it gets their room. Else see what the scheduler names.",
  },
  VolumesDetach: {
    means: "a pod has not started, as its volumes may still be attached to the node before",
    todo: "Wait for about 6 minutes; of a node that is off for good, the Event says how to be quicker.",
  },
  NodeLost: {
    means: "the node of the run does not answer, with pods of the run on it",
    todo: "Bring it back, or say that it is off for good by the taint that the Event names.",
  },
  Stuck: {
    means: "the run has stood still for longer than the setting stuckTimeout allows",
    todo: "What the Event says of why; the setting onStuckTimeout says what becomes of it.",
  },
  ReservedAgain: {
    means:
      "Tekton has resolved what was not known of the run, or a quota has room for more of it: its room was counted again",
    todo: "Nothing: this is as it should be.",
    isNormal: true,
  },
  AffinityAssistantEnabled: {
    means: "Tekton's own Affinity Assistant is on; runs that it would tie as well, wait",
    todo: "Set coschedule to disabled in Tekton's ConfigMap feature-flags: the Event has the command.",
    holds: true,
  },
  PlaceholderNameTaken: {
    means: "a StatefulSet of the placeholder's name is not this operator's",
    todo: "Delete that StatefulSet, or use another name for the run.",
    holds: true,
  },
  NoRoomToGrow: {
    means: "the run needs more than was known when its node was chosen, and the node has no room for it",
    todo: "Wait for others on the node, or state what it needs by the annotation requests.",
  },
  PlaceholderRaised: {
    means: "an admission policy raises what the placeholder asks for; the run goes on with less room",
    todo: "Take pods labelled app.kubernetes.io/name=pipelinerun-pod-affinity out of that policy.",
  },
  PlaceholderLowered: {
    means: "an admission policy lowers what the placeholder asks for: less room is kept",
    todo: "Take pods labelled app.kubernetes.io/name=pipelinerun-pod-affinity out of that policy.",
  },
  PlaceholderNotRunning: {
    means:
      "the run goes on, but the container of its placeholder does not start: its image cannot be pulled, say",
    todo: "Set the operator's placeholderImage to an image that the nodes can pull; the Event has the kubelet's words.",
  },
  TooMuchRequested: {
    means: "a pod of the run asks for more than any node has",
    todo: "Correct that task: the Event names pod, resource and value.",
  },
  SetAside: {
    means: "two controllers ended while they worked out what this large run needs",
    todo:
      "Make the pipeline smaller, take the run out by its label, or remove its annotation " +
      "pod-affinity.tekton.dev/attempts to have it tried again.",
    holds: true,
  },
  OptedInTooLate: {
    means: "the opt-in came onto the run after the operator's admission had seen it, and has no effect",
    todo: "Put it on the PipelineRun when it is created (in the TriggerTemplate, say), or on its Namespace.",
  },
  PlaceholderRefused: {
    means:
      "its placeholder cannot be made (a quota, LimitRange, policy, missing class), or can have no node while a claim " +
      "of the run has no volume",
    todo: "What the Event says; it is tried again by itself, at least once a minute.",
    holds: true,
  },
  PlacementDelayed: {
    means: "the run has waited for half of its placement-timeout",
    todo: "What the Event says of why it waits, or choose a longer placement-timeout: it may be changed while the run waits.",
  },
  PlacementTimedOut: {
    means: "the run has waited for its placement-timeout",
    todo: "What the Event says of why it waited; the annotation on-timeout says what becomes of it.",
  },
  PlaceholderGated: {
    means: "another controller has put a scheduling gate on the placeholder's pod; the Event names it",
    todo: "Take placeholders out of its care: the Event says how, and [queues](queues.md) for Kueue.",
    holds: true,
  },
  ChoiceNotAllowed: {
    means: "a choice was changed, while the run was held, to a value that is not allowed; the default counts",
    todo: "Ask an administrator for the value to be allowed: the Event names it.",
  },
  ContradictingPodTemplates: {
    means: "no one node can serve all of the run's pod templates",
    todo: "Change the pod templates that the Event names, or let the run go without co-location.",
    holds: true,
  },
  ContradictingClaims: {
    means: "no one node can use the volumes of all claims of the run, with what its pod templates demand",
    todo: "Use claims of one zone, or let the run go without co-location.",
    holds: true,
  },
  ClaimsNotDeleted: {
    means: "claims that Tekton made for the run were to go with it, and cannot be deleted",
    todo: "Delete them, or allow the operator to: the Event has the names, and what stands in the way.",
  },
  MissingStorageClass: {
    means: "a claim is made for the run whose StorageClass, or the cluster's default one, is not there",
    todo: "Name a class that is there, or make it: its pods may wait for ever.",
  },
  StepFailed: {
    means: "what the operator does next for the run fails; it is tried again, ever more rarely",
    todo: "What the Event says, in the API server's words: a webhook, a policy, a missing permission.",
    holds: true,
  },
  NeverFits: {
    means: "the run needs more at once than any node that it may use has, and no autoscaler is expected",
    todo: "Add a larger node, or let fewer tasks run at once: the Event has the numbers.",
    holds: true,
  },
  ImmediateVolumeBinding: {
    means: "a StorageClass of the run makes volumes before its node is known",
    todo: "Use a class with volumeBindingMode: WaitForFirstConsumer, or its pods may wait for ever.",
  },
} as const satisfies Record<string, ReasonWords>;

export type EventReason = keyof typeof REASONS;

export const isOurReason = (reason: string): reason is EventReason => Object.hasOwn(REASONS, reason);

export const reasonWords = (reason: EventReason): ReasonWords => REASONS[reason];
