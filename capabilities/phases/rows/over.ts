/** Rows for runs that need no placeholder: away with it, once no pod needs it. */
import { HELD_LABEL, OPT_IN_LABEL, OPTED_IN_LATE } from "../../keys";
import { losesItsClaims } from "../../placement/made-claims";
import { hasEnded, isChild, isManagedElsewhere } from "../../tekton/objects";
import { ownership } from "../observed";
import type { Row } from "../row";
import type { Sight } from "../sight";
import type { Warning } from "../../tekton/warning";

const LATE: Warning = {
  reason: "OptedInTooLate",
  message:
    `The label ${OPT_IN_LABEL} came onto this run too late, and has no effect: by hand, from its Pipeline, or by an ` +
    `admission webhook that is asked after this operator's. Its pods are placed as if there were none. It belongs on the ` +
    `PipelineRun when it is created, or on its Namespace.`,
};

function reasonFor({ observed: { run } }: Sight): string {
  if (run === undefined) return "the run is gone";
  if (run.metadata?.deletionTimestamp !== undefined) return "the run is being deleted";
  return hasEnded(run) ? "the run has ended" : "it was started without us";
}

const mayGo = ({ observed }: Sight): boolean =>
  ["ours", "orphan"].includes(ownership(observed)) &&
  observed.statefulSet?.metadata?.deletionTimestamp === undefined;

export const OVER: readonly Row[] = [
  {
    name: "a child of another run",
    why: "It shares the placeholder of its root.",
    stages: ["unplaced"],
    when: ({ run }) => isChild(run),
    takes: ["none"],
    step: () => ({ kind: "none", why: "a child shares the placeholder of its root" }),
  },
  {
    name: "opted in too late",
    why: "It was never held, so its first pods may be anywhere.",
    stages: ["unplaced"],
    when: ({ run }) => run.metadata?.labels?.[HELD_LABEL] === OPTED_IN_LATE,
    takes: ["none"],
    step: () => ({ kind: "none", why: "it was opted in too late", warnings: [LATE] }),
  },
  {
    name: "another controller runs it",
    why: "spec.managedBy is not Tekton's.",
    stages: ["unplaced"],
    when: ({ run }) => isManagedElsewhere(run),
    takes: ["none"],
    step: () => ({ kind: "none", why: "another controller runs it" }),
  },
  {
    name: "its placeholder is not ours to delete, or goes already",
    why: "Kubernetes collects what its owner leaves.",
    stages: ["over", "unplaced"],
    when: seen => !mayGo(seen),
    takes: ["none"],
    step: seen => ({ kind: "none", why: reasonFor(seen) }),
  },
  {
    name: "pods of the run are still active",
    why: "Pods can outlive the end of their run; the event of the last one's end brings the run back.",
    stages: ["over", "unplaced"],
    when: ({ activePods }) => activePods.length > 0,
    takes: ["wait"],
    step: seen => ({
      kind: "wait",
      why: `${reasonFor(seen)}; ${seen.activePods.length} of its pods are still active`,
    }),
  },
  {
    name: "TaskRuns of the run are still under way",
    why:
      "Those of a run that is deleted, with or without them, may have a pod made a moment later; the event of the last " +
      "one's end brings the run back.",
    stages: ["over", "unplaced"],
    when: ({ underWay }) => underWay.length > 0,
    takes: ["wait"],
    step: seen => ({
      kind: "wait",
      why: `${reasonFor(seen)}; ${seen.underWay.length} of its TaskRuns are still under way`,
    }),
  },
  {
    name: "its claims are to go with it",
    why:
      "Once no pod of it is left that could use them, and before the placeholder goes: by its StatefulSet a controller " +
      "that begins knows that there is something to do.",
    stages: ["over"],
    when: ({ observed: { run, areClaimsDone } }) =>
      areClaimsDone !== true && run !== undefined && losesItsClaims(run),
    takes: ["delete-claims"],
    step: seen => ({ kind: "delete-claims", why: `${reasonFor(seen)}, and its claims are to go with it` }),
  },
  {
    name: "nothing needs the placeholder",
    why: "Its node is free for other runs, and for the autoscaler.",
    stages: ["over", "unplaced"],
    takes: ["delete-placeholder"],
    step: seen => ({ kind: "delete-placeholder", why: reasonFor(seen) }),
    to: ["gone"],
  },
];
