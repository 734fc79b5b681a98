/** What has happened to a run, oldest first: from its objects, and from what was told on them. */
import type { V1Pod } from "@kubernetes/client-node";
import {
  HELD,
  HELD_LABEL,
  HELD_SINCE_ANNOTATION,
  LET_GO_ANNOTATION,
  NODE_ANNOTATION,
} from "../../capabilities/keys";
import { activePods, ownership, placeholderPod } from "../../capabilities/phases/observed";
import { recordOf } from "../../capabilities/placement/record";
import { reservationOf } from "../../capabilities/room/placeholder-size";
import { boundAt } from "../../capabilities/room/waiting-pods";
import type { EventReason } from "../../capabilities/tekton/reasons";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { amounts, duration } from "../words";
import type { RunFacts } from "./facts";
import { endOf } from "./run-end";
import { podName, spanOf } from "./pods";
import { withoutPreemption } from "./scheduler-words";
import type { ToldEvent } from "./told-event";

export interface Entry {
  at: Date;
  what: string;
}

/** What its objects tell as well, and what containers go through. */
const LEFT_OUT = new Set([
  "Scheduled",
  "SuccessfulCreate",
  "Pulling",
  "Pulled",
  "Created",
  "Started",
  "Killing",
]);
/** Of pods, so that a wide run's story can be read. */
const MOST_PODS = 40;

const entry = (at: Date | string | undefined, what: string): Entry[] => {
  const time = new Date(at ?? NaN);
  return Number.isNaN(time.getTime()) ? [] : [{ at: time, what }];
};

function beginning({ run }: RunFacts): Entry[] {
  const { creationTimestamp, labels = {}, annotations = {} } = run.metadata!;
  const since = annotations[HELD_SINCE_ANNOTATION];
  if (labels[HELD_LABEL] !== HELD) return entry(creationTimestamp, "created");
  if (since === undefined) return entry(creationTimestamp, "created, and held");
  return [
    ...entry(creationTimestamp, "created, held by another gate"),
    ...entry(since, "the other gate lifted its hold; held for a node"),
  ];
}

function placeholderMade({ observed }: RunFacts): Entry[] {
  if (ownership(observed) !== "ours") return [];
  const { metadata } = observed.statefulSet!;
  const { ask } = reservationOf(observed.statefulSet!);
  const what = `placeholder ${metadata!.name} made: it asks for ${amounts(ask)}`;
  return entry(metadata!.creationTimestamp, what);
}

/** As far as no Event says it: those say more, and are not kept for long. */
function placeholderPlaced({ observed, events }: RunFacts): Entry[] {
  const pod = placeholderPod(observed);
  if (pod === undefined || ownership(observed) !== "ours") return [];
  const isTold = (reason: EventReason): boolean => events.some(event => event.reason === reason);
  const { moves, movingFrom } = recordOf(observed.statefulSet!);
  const entries: Entry[] = [];
  if (moves > 0 && !isTold("Moving")) {
    const from = movingFrom === undefined ? "" : `, away from ${movingFrom}`;
    entries.push(...entry(pod.metadata!.creationTimestamp, `placeholder looks for a node anew${from}`));
  }
  const node = pod.spec?.nodeName;
  if (node && !isTold(moves > 0 ? "Moved" : "Placed")) {
    entries.push(...entry(new Date(boundAt(pod)), `placeholder on ${node}`));
  }
  return entries;
}

function release({ run }: RunFacts): Entry[] {
  const { annotations = {} } = run.metadata!;
  const node = annotations[NODE_ANNOTATION];
  const started = run.status?.startTime;
  if (node !== undefined) return entry(started, `released: starts on ${node}`);
  return entry(
    started,
    annotations[LET_GO_ANNOTATION] === undefined ? "started" : "started without co-location",
  );
}

function ofPod(pod: V1Pod, run: string): Entry[] {
  const { from, until, bound } = spanOf(pod);
  const name = podName(pod, run);
  if (bound === undefined) return entry(new Date(from), `${name}: made, without a node so far`);
  const took =
    until === undefined
      ? ""
      : `, ${pod.status?.phase === "Failed" ? "failed" : "ended"} after ${duration(until - bound)}`;
  return entry(new Date(bound), `${name}: on ${pod.spec!.nodeName}${took}`);
}

function pods({ observed, run }: RunFacts): Entry[] {
  const all = observed.pods.filter(pod => !isPlaceholderPod(pod));
  const shown = all.length <= MOST_PODS ? all : activePods(observed).slice(0, MOST_PODS);
  return shown.flatMap(pod => ofPod(pod, run.metadata!.name!));
}

function told({ first, last, count, reason, message, about, from }: ToldEvent): Entry[] {
  if (LEFT_OUT.has(reason)) return [];
  const of = about === "PipelineRun" ? "" : `${from || about.toLowerCase()}: `;
  const times = count > 1 ? ` (${count} times, last ${last.toISOString().slice(11, 19)})` : "";
  const words = reason === "FailedScheduling" ? withoutPreemption(message) : message;
  return entry(first, `${of}${reason}${times}: ${words}`);
}

/** Where two are of the same second, in the order in which such things come about. */
export function timelineOf(facts: RunFacts): Entry[] {
  const end = endOf(facts.run);
  const entries = [
    ...beginning(facts),
    ...placeholderMade(facts),
    ...facts.events.flatMap(told),
    ...placeholderPlaced(facts),
    ...release(facts),
    ...pods(facts),
    ...(end === undefined ? [] : entry(end.at, `ended: ${end.what}`)),
  ];
  const second = ({ at }: Entry): number => Math.floor(at.getTime() / 1000);
  return entries.sort((one, other) => second(one) - second(other));
}
