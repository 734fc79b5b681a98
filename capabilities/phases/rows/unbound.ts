/** Rows for placeholders whose pod has no node. */
import type { V1Pod } from "@kubernetes/client-node";
import { exceeds } from "../../demand/resources";
import type { Trouble } from "../../placement/node-state";
import { withGate } from "../gated";
import { askElsewhere, templateAsks, tying } from "../moving";
import { missingStorage } from "../refusal";
import type { Row } from "../row";
import type { Sight } from "../sight";
import { AFTER_LOSS } from "./move";

const UNBOUND = ["looking", "replacing", "lost", "moving"] as const;

const withoutNode = ({ schedulingMessage }: Sight): string =>
  `its placeholder has no node: ${schedulingMessage ?? "the scheduler has not said why yet"}`;

const isRefusedBy = ({ node, schedulingMessage }: Sight): boolean =>
  node === undefined && schedulingMessage !== undefined;

/** Nodes that the scheduler gives no more pods, whatever they ask for. */
const TAKE_NO_PODS: ReadonlySet<Trouble["kind"]> = new Set<Trouble["kind"]>([
  "cordoned",
  "tainted",
  "not-ready",
  "unreachable",
  "out-of-service",
  "gone",
]);

/** Whether with fewer requests a pod may get onto the node of this one. */
function mayBeJoined(seen: Sight, { spec }: V1Pod): boolean {
  if (!spec?.nodeName) return false;
  const trouble = seen.troubleOf(spec.nodeName);
  return trouble === undefined || !TAKE_NO_PODS.has(trouble.kind);
}

export const WITHOUT_NODE: readonly Row[] = [
  {
    name: "its template was changed, and its pod is the one of before",
    why: "The second half of a replacement; a controller that died in between left it.",
    stages: ["held", "placed"],
    phases: UNBOUND,
    when: ({ node, pod, record }) => node === undefined && record.replaces === pod!.metadata!.uid,
    takes: ["remake-pod"],
    step: ({ pod }) => ({ kind: "remake-pod", pod: pod!, why: "its template was changed" }),
    to: ["looking", "lost"],
  },
  {
    name: "the node that it is pinned to does not take it, and the run is held",
    why: "What is pinned could go nowhere else, should its node be lost.",
    stages: ["held"],
    phases: ["looking", "replacing"],
    when: seen => isRefusedBy(seen) && (seen.record.pinnedTo !== undefined || seen.record.isSettled === true),
    takes: ["start-over"],
    step: seen => ({
      kind: "start-over",
      reason: "node_refused",
      pod: seen.pod!,
      why: withoutNode(seen),
    }),
    to: ["looking"],
  },
  {
    name: "it waits for a node with room, and its run waits for it",
    why: "The scheduler, or an autoscaler, finds or makes one.",
    stages: ["held"],
    phases: ["looking", "replacing"],
    when: ({ node }) => node === undefined,
    takes: ["wait"],
    step: seen =>
      withGate(
        { kind: "wait", why: withoutNode(seen), warnings: missingStorage(seen.observed) },
        seen.pod!,
        seen.now,
      ),
  },
  {
    name: "the node that it is pinned to does not take it, and the run is under way",
    why: "With the floor it finds room beside its run's pods; where there are none, it goes elsewhere.",
    stages: ["placed"],
    phases: ["replacing"],
    when: isRefusedBy,
    takes: ["start-over"],
    step: seen => ({
      kind: "start-over",
      reason: "node_refused",
      pod: seen.pod!,
      ask: tying(seen).length > 0 ? seen.reservation.floor : askElsewhere(seen),
      why: `its node does not take its placeholder: ${seen.schedulingMessage}`,
    }),
    to: ["moving"],
  },
  {
    name: "made again, it finds no room beside its run's pods",
    why: "They have the room that it kept; the floor is enough to be joined by the next ones.",
    stages: ["placed"],
    phases: ["lost", "moving"],
    when: seen =>
      isRefusedBy(seen) &&
      // A policy may raise what a settled one asks for; another try would not change that.
      seen.record.isSettled !== true &&
      seen.own.pods.some(pod => mayBeJoined(seen, pod)) &&
      exceeds(templateAsks(seen), seen.reservation.floor).length > 0,
    takes: ["start-over"],
    step: ({ pod, reservation, schedulingMessage }) => ({
      kind: "start-over",
      reason: "no_room_beside_pods",
      pod: pod!,
      ask: reservation.floor,
      why: `it finds no room beside its run's pods: ${schedulingMessage}`,
    }),
    to: ["moving"],
  },
  ...AFTER_LOSS,
  {
    name: "it looks for another node",
    why: "The scheduler, or an autoscaler, finds or makes one; its run's next pods follow it.",
    stages: ["placed"],
    phases: ["replacing", "lost", "moving"],
    when: ({ node }) => node === undefined,
    takes: ["wait"],
    step: seen => ({ kind: "wait", why: withoutNode(seen) }),
  },
];
