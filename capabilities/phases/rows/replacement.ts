/** Rows for bound placeholders whose resize is put off, not granted or not possible: a new pod takes its place. */
import { exceeds, type Resources } from "../../demand/resources";
import { joinsItsRun } from "../../placement/placeholder-affinity";
import { grantedTo } from "../../room/kubelet-answer";
import { fixedIn, resizable } from "../../room/reservation";
import { notBelowRaised } from "../../room/resized";
import { tying } from "../moving";
import type { Row } from "../row";
import type { Sight } from "../sight";
import type { Step } from "../steps";

const BOUND = ["anchored", "handing over", "replacing"] as const;

const isNothing = (resources: Resources): boolean => exceeds(resizable(resources), {}).length === 0;

/** What it has, as far as it may ask for no more than that. */
const withdrawn = ({ pod, asked, record }: Sight): Resources =>
  notBelowRaised(grantedTo(pod!), asked, record.raisedTo);

const pinned = (seen: Sight, why: string): Step => ({
  kind: "pin-placeholder",
  pod: seen.pod!,
  node: seen.node!,
  size: seen.size,
  why,
});

/** The second halves of changes that another process may have begun. */
export const UNFINISHED: readonly Row[] = [
  {
    name: "its template was changed, and its pod is the one of before",
    why: "The second half of a replacement; a controller that died in between left it.",
    stages: ["held", "placed"],
    phases: BOUND,
    when: seen =>
      seen.record.replaces === seen.pod!.metadata!.uid &&
      (seen.record.pinnedTo !== undefined || tying(seen).length === 0),
    takes: ["remake-pod"],
    step: ({ pod, trouble }) => ({
      kind: "remake-pod",
      pod: pod!,
      why: "its template was changed",
      ...(trouble?.answers === false && { isForced: true }),
    }),
    to: ["replacing", "looking", "moving"],
  },
  {
    name: "a pod of the run came onto its node before it left",
    why: "A run is never split: it stays.",
    stages: ["placed"],
    phases: ["anchored", "handing over"],
    when: ({ pod, record }) => record.replaces === pod!.metadata!.uid,
    takes: ["settle-placeholder"],
    step: () => ({ kind: "settle-placeholder", why: "a pod of the run is on its node" }),
    to: ["anchored"],
  },
];

export const REPLACEMENT: readonly Row[] = [
  {
    name: "its growth was put off",
    why: "A growth that waits would hold room that the run's own pods may need.",
    stages: ["placed"],
    phases: BOUND,
    // What a policy has raised would be raised again.
    when: seen =>
      seen.canBeResized &&
      seen.pending === "growth" &&
      exceeds(resizable(seen.asked), withdrawn(seen)).length > 0,
    takes: ["withdraw-growth"],
    step: seen => ({
      kind: "withdraw-growth",
      pod: seen.pod!,
      size: withdrawn(seen),
      why: "its node has no room left to give back",
    }),
    to: ["anchored"],
  },
  {
    name: "its kubelet does not grant a shrink",
    why: "As where nodes have swap: a small pod takes its place on the node.",
    stages: ["held", "placed"],
    phases: ["anchored", "handing over"],
    when: ({ canBeResized, pending }) => canBeResized && pending === "shrink",
    takes: ["pin-placeholder"],
    step: seen => pinned(seen, "the kubelet does not grant what its run's pods need"),
    to: ["replacing"],
  },
  {
    name: "it asks for what cannot be resized",
    why: "Devices, huge pages and storage go over by a new pod in its place.",
    stages: ["held", "placed"],
    phases: ["anchored", "handing over"],
    when: ({ canBeResized, asked, reservation }) => canBeResized && fixedIn(asked, reservation).length > 0,
    takes: ["pin-placeholder"],
    step: seen =>
      pinned(seen, `${fixedIn(seen.asked, seen.reservation).join(", ")} cannot be handed over otherwise`),
    to: ["replacing"],
  },
  {
    name: "it is to ask for nothing",
    why: "No pod can be resized to nothing: its QoS class may not change.",
    stages: ["held", "placed"],
    phases: ["anchored", "handing over"],
    when: ({ canBeResized, size, asked }) => canBeResized && isNothing(size) && !isNothing(asked),
    takes: ["pin-placeholder"],
    step: seen =>
      pinned(seen, "its run needs all that its namespace or node has, and no pod can be resized to nothing"),
    to: ["replacing"],
  },
  {
    name: "its new pod is on the node",
    why: "Pinned, it could go nowhere else.",
    stages: ["held", "placed"],
    phases: ["replacing"],
    takes: ["settle-placeholder"],
    step: ({ node }) => ({ kind: "settle-placeholder", why: `its placeholder is bound to ${node}` }),
    to: ["anchored"],
  },
  {
    name: "made again, it could leave its run",
    why: "It has found its node by the run's own pod affinity; from now on it joins its run.",
    stages: ["held", "placed"],
    phases: ["anchored", "handing over"],
    when: ({ observed: { statefulSet }, record }) =>
      record.isSettled !== true &&
      !joinsItsRun(statefulSet!.spec?.template.spec?.affinity, statefulSet!.metadata!.name!),
    takes: ["settle-placeholder"],
    step: ({ node }) => ({ kind: "settle-placeholder", why: `its placeholder is bound to ${node}` }),
    to: ["anchored"],
  },
];
