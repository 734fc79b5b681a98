/** What a node says of itself that sends a placeholder away from it. Pure. */
import type { V1Node, V1NodeCondition, V1Taint, V1Toleration } from "@kubernetes/client-node";
import type { EndingKeys } from "../choices/ending-keys";
import { comesAndGoes, tolerates } from "./never-fits";

export type { EndingKeys } from "../choices/ending-keys";

/** What decisions need of a node. Of one that is as it should be, nothing. */
export interface NodeState {
  /** There is no such node, or not any more. */
  isGone?: true;
  isUnschedulable?: true;
  /** Its condition Ready, where that is not True. */
  notReady?: { status: string; since: string };
  /** Those that keep pods away, and those that announce an end. */
  taints?: V1Taint[];
  /** Annotations that announce an end, by their keys. */
  announcements?: string[];
  /** How many pods it takes, where these are few. */
  slots?: number;
  /** Whether the placeholder that is there has taken the last of them, and its run has not started. */
  isFull?: true;
  /** Another run has pods there and lost its placeholder, see store/stranded.ts. */
  isOfRun?: string;
}

export const HEALTHY: NodeState = {};
export const GONE: NodeState = { isGone: true };

/** https://kubernetes.io/docs/reference/labels-annotations-taints/ */
export const OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";
const UNSCHEDULABLE: V1Taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };
const MOST_TAINTS = 50;
/** Small machines of clouds with an address for each pod take 8 to 58 of them; others 110 and more, and are rarely full. */
const FEW_SLOTS = 64;

function fewSlots(status: V1Node["status"]): number | undefined {
  const slots = Number(status?.allocatable?.["pods"]);
  return slots > 0 && slots <= FEW_SLOTS ? slots : undefined;
}

const readiness = (conditions: V1NodeCondition[] | undefined): V1NodeCondition | undefined =>
  conditions?.find(({ type, status }) => type === "Ready" && status !== "True");

/** Which nodes can end pods is left to Kubernetes: its own taints are but what a condition becomes. */
const counts = ({ key, effect }: V1Taint, isEnding: EndingKeys): boolean =>
  key === OUT_OF_SERVICE ||
  isEnding(key) ||
  (effect !== "PreferNoSchedule" && !comesAndGoes({ key, effect }));

/** @param node undefined for one that is not there */
export function stateOf(node: V1Node | undefined, isEnding: EndingKeys): NodeState {
  if (node === undefined) return GONE;
  const { metadata, spec, status } = node;
  const unready = readiness(status?.conditions);
  const taints = (spec?.taints ?? [])
    .filter(taint => counts(taint, isEnding))
    .slice(0, MOST_TAINTS)
    .map(({ key, value, effect }): V1Taint => ({ key, effect, ...(value !== undefined && { value }) }));
  const announcements = Object.keys(metadata?.annotations ?? {})
    .filter(isEnding)
    .sort();
  const state: NodeState = {};
  if (spec?.unschedulable === true) state.isUnschedulable = true;
  if (unready !== undefined) {
    const since = new Date(unready.lastTransitionTime ?? metadata?.creationTimestamp ?? 0).toISOString();
    state.notReady = { status: unready.status, since };
  }
  if (taints.length > 0) state.taints = taints;
  if (announcements.length > 0) state.announcements = announcements;
  const slots = fewSlots(status);
  if (slots !== undefined) state.slots = slots;
  return Object.keys(state).length === 0 ? HEALTHY : state;
}

/** Why a node is not to be used any more. */
export interface Trouble {
  kind:
    | "gone"
    | "out-of-service"
    | "unreachable"
    | "not-ready"
    | "ending"
    | "cordoned"
    | "tainted"
    | "full"
    | "of-another-run";
  /** A sentence without its subject, which is the node. */
  what: string;
  /** Whether its kubelet ends what is to end there. */
  answers: boolean;
  /** Since when it does not answer, in milliseconds of the epoch, where that is known. */
  since?: number;
}

function readyTrouble({ notReady }: NodeState): Trouble | undefined {
  if (notReady === undefined) return undefined;
  const since = Date.parse(notReady.since);
  // Unknown is what the node lifecycle controller writes when no heartbeat has come for some time.
  return notReady.status === "Unknown"
    ? { kind: "unreachable", what: "is unreachable", answers: false, since }
    : { kind: "not-ready", what: "is not ready", answers: false, since };
}

/**
 * @param tolerations those of the run's own pods: where they may go all the same, there is no trouble
 * @returns the worst of it; undefined for a node that the run's next pods can use
 */
export function troubleOf(
  state: NodeState,
  tolerations: readonly V1Toleration[],
  isEnding: EndingKeys,
): Trouble | undefined {
  if (state.isGone) return { kind: "gone", what: "is gone", answers: false };
  const { taints = [], announcements = [] } = state;
  const unready = readyTrouble(state);
  if (taints.some(({ key }) => key === OUT_OF_SERVICE)) {
    return { ...unready, kind: "out-of-service", what: "is out of service", answers: false };
  }
  if (unready !== undefined) return unready;
  const announced = taints.find(({ key }) => isEnding(key))?.key ?? announcements[0];
  if (announced !== undefined) {
    return { kind: "ending", what: `is about to end (${announced})`, answers: true };
  }
  const isTolerated = (taint: V1Taint): boolean => tolerations.some(one => tolerates(one, taint));
  if (state.isUnschedulable && !isTolerated(UNSCHEDULABLE)) {
    return { kind: "cordoned", what: "is cordoned", answers: true };
  }
  const taint = taints.find(one => !isTolerated(one));
  if (taint !== undefined) return { kind: "tainted", what: `has the taint ${taint.key}`, answers: true };
  if (state.isFull) {
    const what = `takes ${state.slots} pods, and none more beside its placeholder`;
    return { kind: "full", what, answers: true };
  }
  if (state.isOfRun === undefined) return undefined;
  const what = `has pods of the run ${state.isOfRun}, which lost its placeholder there`;
  return { kind: "of-another-run", what, answers: true };
}
