/** Rows for bound placeholders of placed runs of which not all was known, or allowed: what they keep is counted again. */
import { maximum, sum } from "../../demand/resources";
import { podRequests } from "../../room/pod-requests";
import { lacksRoom } from "../growth";
import { hasNode } from "../observed";
import type { Row } from "../row";

export const RECOUNTED: readonly Row[] = [
  {
    name: "a quota had no room for all that it needs, and may have it now",
    why: "Others hold what a quota allows until they end; the rest of the run needs it.",
    stages: ["placed"],
    phases: ["anchored", "handing over"],
    when: ({ canBeResized, capPauseSeconds }) => canBeResized && capPauseSeconds === 0,
    takes: ["reserve-again"],
    step: () => ({
      kind: "reserve-again",
      learned: [],
      why: "a quota may have room for more of what it needs",
    }),
    to: ["anchored"],
  },
  {
    name: "Tekton has resolved what was not known of the run",
    why: "What its reservation was guessed by stands in its status now.",
    stages: ["placed"],
    phases: ["anchored", "handing over"],
    when: ({ learned }) => learned.length > 0,
    takes: ["reserve-again"],
    step: ({ learned }) => ({
      kind: "reserve-again",
      learned,
      why: `Tekton has resolved ${learned.length === 1 ? learned[0] : `${learned.length} of its pipelines`}`,
    }),
    to: ["anchored"],
  },
  {
    name: "its node has no room for what was not known of its run, of which no pod has started",
    why: "Once: all of it may still go where there is room.",
    stages: ["placed"],
    phases: ["anchored", "handing over"],
    when: seen => lacksRoom(seen) && seen.record.moves === 0 && !seen.own.pods.some(hasNode),
    takes: ["start-over"],
    step: ({ pod, needed, own, reservation }) => ({
      kind: "start-over",
      reason: "more_than_known",
      pod: pod!,
      ask: maximum(needed, sum(...own.pods.map(podRequests)), reservation.floor),
      why: "it needs more than was known, and its node has no room for it",
    }),
    to: ["moving"],
  },
];
