/** What people are told of a run that is to move, moves, or cannot: nothing of it waits in silence. */
import type { V1Pod } from "@kubernetes/client-node";
import { NODE_ANNOTATION } from "../keys";
import { OUT_OF_SERVICE, type Trouble } from "../placement/node-state";
import { claimsIn } from "../placement/volumes";
import { boundAt, PATIENCE_SECONDS, unschedulableBecause, unschedulableSince } from "../room/waiting-pods";
import { asSentence, type Warning } from "../tekton/warning";
import { MOST_MOVES, pauseBeforeMove, pauseBeforeRemake, tying } from "./moving";
import { hasNode } from "./observed";
import type { Sight } from "./sight";

/** Something that is to be said, or when it may have to be. */
export interface News {
  warning?: Warning;
  inSeconds?: number;
}

/** A kubelet that is started anew is not ready for a moment. */
const NOT_READY_SECONDS = 20;
/** A volume that is detached as it should be takes seconds. */
const DETACH_SECONDS = 30;
/** So many moves that have not helped are told. */
const VAIN_MOVES = 2;

const MOST_NAMES = 3;
function named(pods: readonly V1Pod[]): string {
  const names = pods.slice(0, MOST_NAMES).map(({ metadata }) => metadata!.name!);
  const more = pods.length - names.length;
  return names.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** Said now, where the time has come; else it is said when that is so. */
function onceDue(seconds: number, warning: Warning): News {
  return seconds <= 0 ? { warning } : { inSeconds: seconds };
}

/** The pod garbage collector takes away what is on nodes that are gone or out of service (pkg/controller/podgc). */
function helpFor(node: string, kind: Trouble["kind"]): string {
  if (kind === "gone" || kind === "out-of-service")
    return "Kubernetes takes them away within two minutes, and the run goes on elsewhere.";
  return (
    `The run goes on when the node is back, or on another one when they are gone. If the machine is off and will not ` +
    `be back: kubectl taint nodes ${node} ${OUT_OF_SERVICE}=nodeshutdown:NoExecute`
  );
}

function ofLostNode(seen: Sight, node: string, pods: V1Pod[], now: number): News {
  const { what, kind, since } = seen.troubleOf(node)!;
  const due = since === undefined ? 0 : since / 1000 + NOT_READY_SECONDS - now;
  return onceDue(due, {
    reason: "NodeLost",
    about: `${node} ${kind}`,
    message:
      `The node ${node} of the run ${what}, with its pods ${named(pods)}, which cannot end there by themselves. ` +
      helpFor(node, kind),
  });
}

/** When it may leave its node, on which nothing of its run is; some day it may not any more. */
function ofPause(seen: Sight): News[] {
  const { trouble, node, record } = seen;
  if (trouble === undefined || tying(seen).length > 0) return [];
  const pause = pauseBeforeMove(seen);
  if (pause !== Infinity) return pause > 0 ? [{ inSeconds: pause / 1000 }] : [];
  const message =
    `The run was moved ${record.moves} times, and is not moved again, though its node ${node} ${trouble.what}. ` +
    `Its next pods wait until that is over.`;
  return [{ warning: { reason: "MovesInVain", about: "moves", message } }];
}

/** Pods that have to end before the run can leave a node. */
function ofNodes(seen: Sight): News[] {
  const there = seen.own.pods.filter(hasNode);
  const names = [...new Set(there.map(({ spec }) => spec!.nodeName!))];
  return names.flatMap((node): News[] => {
    const trouble = seen.troubleOf(node);
    if (trouble === undefined) return [];
    const pods = there.filter(({ spec }) => spec!.nodeName === node);
    if (!trouble.answers) return [ofLostNode(seen, node, pods, seen.now.getTime() / 1000)];
    if (node !== seen.node || tying(seen).length === 0) return [];
    const message = `Its node ${node} ${trouble.what}. The run moves to another one when its pods there have ended: ${named(pods)}.`;
    return [
      { warning: { type: "Normal", reason: "MoveAwaited", about: `${node} ${trouble.kind}`, message } },
    ];
  });
}

/** Pods that no node takes while others of the run are under way, and those that moving has not helped. */
function ofWaitingPods({ own, now, record, node }: Sight): News[] {
  const isUnderWay = own.pods.some(hasNode);
  // Nothing can be where the placeholder is not, of which more is told.
  if (node === undefined && !isUnderWay) return [];
  return own.pods.flatMap((pod): News[] => {
    const since = unschedulableSince(pod);
    if (since === undefined || (!isUnderWay && record.moves < VAIN_MOVES)) return [];
    const { name } = pod.metadata!;
    const words = unschedulableBecause(pod) ?? "the scheduler has not said why";
    const due = (since - now.getTime()) / 1000 + PATIENCE_SECONDS;
    if (isUnderWay) {
      const message = `The pod ${name} waits, while other pods of the run are active: ${words}`;
      return [onceDue(due, { type: "Normal", reason: "PodWaits", about: name!, message })];
    }
    const next =
      record.moves >= MOST_MOVES ? "It is not moved again." : "It is moved again, ever more rarely.";
    const message =
      `The run was moved ${record.moves} times, and no node takes its pod ${name}: ${words} ${next} ` +
      `Make a node that takes it, or change what the scheduler names.`;
    return [onceDue(due, { reason: "MovesInVain", about: name!, message })];
  });
}

const from = (node: string): string => (node === "" ? "its node" : node);

/** A placeholder that looks for another node, or has found it. */
function ofPlaceholder(seen: Sight): News[] {
  const { run, pod, node, record, own, schedulingMessage, now, settings } = seen;
  const { movingFrom, movingBecause: why = "its placeholder was lost" } = record;
  if (pod === undefined || settings.MOVES === "disabled") return [];
  if (node !== undefined) {
    // A placeholder that Kubernetes has made again knows of no move: then it is where the run was started.
    const left = movingFrom ?? (run.metadata?.annotations?.[NODE_ANNOTATION] || node);
    if (left === node || record.replaces === pod.metadata!.uid) return [];
    const message = `The run has moved from ${from(left)} to ${node}: ${asSentence(why)}`;
    return [{ warning: { type: "Normal", reason: "Moved", about: pod.metadata!.uid!, message } }];
  }
  const since = unboundSince(pod);
  // As long as others are active it waits for them.
  if (schedulingMessage === undefined || since === undefined || own.pods.some(hasNode)) return [];
  const message =
    `The run waits: it is to go on elsewhere${movingFrom === undefined ? "" : ` than on ${from(movingFrom)}`} (${why}), ` +
    `and no node takes it: ${schedulingMessage} What its volumes or pods need has to be there; an autoscaler may make a node.`;
  const due = (since - now.getTime()) / 1000 + PATIENCE_SECONDS;
  const again = pauseBeforeRemake(seen) / 1000;
  const next: News[] = again > 0 && again < Infinity ? [{ inSeconds: again }] : [];
  return [
    ...next,
    onceDue(due, { reason: "NoNodeToMoveTo", about: `${movingFrom ?? ""} ${record.moves}`, message }),
  ];
}

const unboundSince = ({ status }: V1Pod): number | undefined => {
  const refused = status?.conditions?.find(
    ({ type, status: value }) => type === "PodScheduled" && value === "False",
  );
  return refused && new Date(refused.lastTransitionTime ?? 0).getTime();
};

/** A volume that may be used on one node is used there until the lost one has let go of it. */
function ofVolumes({ own, now, record, pod, node }: Sight): News[] {
  if (record.movingFrom === undefined || node === undefined) return [];
  return own.pods
    .filter(one => one.status?.phase === "Pending" && hasNode(one) && claimsIn(one.spec?.volumes).length > 0)
    .map(one => {
      const made = new Date(one.metadata?.creationTimestamp ?? 0).getTime();
      const due = (Math.max(made, boundAt(pod!)) - now.getTime()) / 1000 + DETACH_SECONDS;
      const message =
        `The pod ${one.metadata!.name} has not started on ${one.spec!.nodeName}: its claims ${claimsIn(one.spec?.volumes).join(", ")} ` +
        `may still be attached to ${from(record.movingFrom!)}. Kubernetes detaches them by itself after about 6 minutes, and ` +
        `at once from a node with the taint ${OUT_OF_SERVICE}. The Events of that pod say more.`;
      return onceDue(due, { type: "Normal", reason: "VolumesDetach", about: one.metadata!.name!, message });
    });
}

export function stateOfMove(seen: Sight): News[] {
  if (seen.observed.statefulSet === undefined || seen.phase === "taken" || seen.phase === "going") return [];
  return [
    ...ofNodes(seen),
    ...ofPause(seen),
    ...ofWaitingPods(seen),
    ...ofPlaceholder(seen),
    ...ofVolumes(seen),
  ];
}
