/** What can be done next for a run, and what people are told of it. A leaf: it imports types only. */
import type { V1Pod } from "@kubernetes/client-node";
import type { Resources } from "../demand/resources";
import type { Warning } from "../tekton/warning";

/** Why a placeholder looks for a node anew, or is replaced on its node; the values of a metric's label. */
export const MOVE_REASONS = [
  "room_lost",
  "no_place",
  "node_ending",
  "node_lost",
  "more_than_known",
  "node_refused",
  "no_room_beside_pods",
  "not_resizable",
] as const;
export type MoveReason = (typeof MOVE_REASONS)[number];

export type Action =
  /** Nothing to do, and nothing is waited for. */
  | { kind: "none" }
  /** Something has to change first; events and the resync bring the run back, or a look after a while. */
  | { kind: "wait" }
  | { kind: "make-placeholder" }
  /** The StatefulSet's controller takes its time: its pod is made as that would make it. */
  | { kind: "make-pod" }
  /** Its node is found: should its pod be made again, it joins its run and asks for little. */
  | { kind: "settle-placeholder" }
  /** `pod` is replaced on its node by one of this size, because what it asks for cannot be resized. */
  | { kind: "pin-placeholder"; pod: V1Pod; node: string; size: Resources }
  /**
   * `pod` is replaced by one that looks for a node with room for `ask` (default: for all that the run needs); `leaves` is
   * its node, where that is not to be used any more.
   */
  | { kind: "start-over"; reason: MoveReason; pod: V1Pod; ask?: Resources; leaves?: string }
  /** The StatefulSet's template is not what the pod is any more: it is deleted, for a new one. */
  | { kind: "remake-pod"; pod: V1Pod; isForced?: true }
  /** Should its pod be made again, it goes where these claims, which Tekton made for the run, can be used. */
  | { kind: "note-claims"; claims: string[] }
  /** What Tekton has resolved of the run is counted in place of what was not known; of none, what quotas allow now. */
  | { kind: "reserve-again"; learned: string[] }
  /** The run shows that it is placed, and the node that its placeholder has now. */
  | { kind: "note-node"; node: string }
  | { kind: "resize"; pod: V1Pod; size: Resources }
  /** The node has no room to grow into: ask for no more than there is. */
  | { kind: "withdraw-growth"; pod: V1Pod; size: Resources }
  /** Start the run, tied to its placeholder; with a size, `pod` gives its first pods their room at the same time. */
  | { kind: "release"; placeholder: string; node: string; topologyKey: string; pod: V1Pod; size?: Resources }
  /** Start the run without any affinity. */
  | { kind: "let-go" }
  /** End the run. */
  | { kind: "cancel" }
  /** Those that Tekton has made for the run, of its volumeClaimTemplates. */
  | { kind: "delete-claims" }
  | { kind: "delete-placeholder" };

export type StepKind = Action["kind"];

/** An action, why it is taken (for log and people), when to look again at the latest, and what people have to know. */
export type Step = Action & { why: string; lookAgainSeconds?: number; warnings?: Warning[] };
