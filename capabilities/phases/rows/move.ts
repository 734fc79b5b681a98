/** Rows for placeholders whose node is not to be used any more: the run goes on elsewhere, whole. */
import { exceeds } from "../../demand/resources";
import { isPlaceholderPod } from "../../tekton/placeholder-pod";
import { askElsewhere, pauseBeforeMove, pauseBeforeRemake, templateAsks, tying } from "../moving";
import { hasNode } from "../observed";
import type { Row } from "../row";
import type { Sight } from "../sight";

const why = ({ node, trouble }: Sight): string => `its node ${node} ${trouble!.what}`;

/** Its own pod that goes, from a node that cannot answer: Kubernetes keeps it until somebody deletes it by force. */
const leftBehind = (seen: Sight) =>
  seen.observed.pods.find(
    pod =>
      isPlaceholderPod(pod) &&
      pod.metadata?.deletionTimestamp !== undefined &&
      hasNode(pod) &&
      seen.troubleOf(pod.spec!.nodeName!)?.answers === false,
  );

export const LEFT_BEHIND: readonly Row[] = [
  {
    name: "its pod is to go, and its node cannot answer",
    why: "It holds no state; as long as it is there, no other one can be made.",
    stages: ["held", "placed"],
    phases: ["looking", "replacing", "lost", "moving"],
    when: seen => seen.pod === undefined && leftBehind(seen) !== undefined,
    takes: ["remake-pod"],
    step: seen => {
      const pod = leftBehind(seen)!;
      const { nodeName } = pod.spec!;
      return {
        kind: "remake-pod",
        pod,
        isForced: true,
        why: `its node ${nodeName} ${seen.troubleOf(nodeName!)!.what}`,
      };
    },
  },
];

export const MOVE: readonly Row[] = [
  {
    name: "its node is not to be used any more, and its run has not started",
    why: "The run may start only where its pods can go; after each move it waits longer.",
    stages: ["held"],
    phases: ["anchored", "handing over"],
    when: ({ trouble }) => trouble !== undefined,
    takes: ["start-over", "wait"],
    step: seen => {
      const pause = pauseBeforeMove(seen);
      if (pause > 0) return { kind: "wait", lookAgainSeconds: Math.min(pause / 1000, 600), why: why(seen) };
      return {
        kind: "start-over",
        reason: seen.trouble!.kind === "full" ? "no_place" : "node_ending",
        pod: seen.pod!,
        leaves: seen.node!,
        why: why(seen),
      };
    },
    to: ["looking"],
  },
  {
    name: "its node is not to be used any more, and nothing of its run is there",
    why: "The run goes on elsewhere, whole; what waits follows, as it is tied to the placeholder and to no node.",
    stages: ["placed"],
    phases: ["anchored", "handing over"],
    when: seen => seen.trouble !== undefined && tying(seen).length === 0 && pauseBeforeMove(seen) === 0,
    takes: ["start-over"],
    step: seen => ({
      kind: "start-over",
      reason: "node_ending",
      pod: seen.pod!,
      ask: askElsewhere(seen),
      leaves: seen.node!,
      why: why(seen),
    }),
    to: ["moving"],
  },
];

/** The scheduler's words for required pod affinity (ErrReasonAffinityRulesNotMatch of its interpodaffinity plugin). */
const AFFINITY = "didn't match pod affinity rules";

const asksTooLittle = (seen: Sight): boolean => exceeds(askElsewhere(seen), templateAsks(seen)).length > 0;

export const AFTER_LOSS: readonly Row[] = [
  {
    name: "what kept it from another node has ended",
    why: "The scheduler does not look again by itself, and the rest of the run needs more than the floor.",
    stages: ["placed"],
    phases: ["lost", "moving"],
    when: seen =>
      seen.settings.MOVES === "enabled" &&
      seen.node === undefined &&
      seen.schedulingMessage !== undefined &&
      !seen.own.pods.some(hasNode) &&
      (seen.schedulingMessage.includes(AFFINITY) || asksTooLittle(seen)) &&
      pauseBeforeRemake(seen) === 0,
    takes: ["start-over"],
    step: seen => ({
      kind: "start-over",
      reason: "node_lost",
      pod: seen.pod!,
      ask: askElsewhere(seen),
      why: "its placeholder was lost, and its run's pods there have ended",
    }),
    to: ["moving"],
  },
];
