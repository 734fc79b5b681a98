/**
 * Events on runs, with all that events.k8s.io has: action, reporting controller, a time with microseconds, a series.
 *
 * They are written by the older API, core/v1, of the same objects: kubectl describe puts Events in the order of
 * lastTimestamp, which events.k8s.io refuses (ValidateEventCreate in pkg/apis/core/validation/events.go), so that they
 * would come before all of Tekton's. It also lets the words of a series be those of now.
 */
import { createHash } from "node:crypto";
import { V1MicroTime, type CoreV1Event } from "@kubernetes/client-node";
import type { EventReason } from "../tekton/reasons";
import type { Warning } from "../tekton/warning";
import { APP_NAME } from "../keys";
import type { PipelineRun } from "../tekton/objects";

/** Most characters of an Event's message (Kubernetes' own limit). */
const MOST_MESSAGE_CHARACTERS = 1024;
/** Of the name of the process that tells it (Kubernetes' own limit). */
const MOST_INSTANCE_CHARACTERS = 128;

/** What was being done, by reason; what is not here came about while a run was to be placed. */
const ACTIONS: Partial<Record<EventReason, string>> = {
  Held: "Hold",
  OptedInTooLate: "Hold",
  Reserved: "Reserve",
  ReservedAgain: "Reserve",
  NoRoomToGrow: "Resize",
  PlaceholderRaised: "Resize",
  Placed: "Release",
  Moving: "Move",
  Moved: "Move",
};
const ACTION = "Place";

/**
 * Where a reason stands in the story of a run. Times of Events that people see have whole seconds, and of one second
 * kubectl shows them by name.
 */
const RANKS: Partial<Record<EventReason, number>> = {
  Reserved: 1,
  Held: 2,
  WaitingForNode: 2,
  Placed: 6,
  Moving: 7,
  Moved: 8,
};
const RANK = 4;

const cut = (text: string): string => text.slice(0, MOST_MESSAGE_CHARACTERS);

/**
 * An Event on the run. Its name is made from what it says, or is about, so that saying it again makes no
 * second one.
 *
 * @param reporter name of the process that tells it
 */
export function eventFor(
  run: PipelineRun,
  { type = "Warning", reason, message, about = message }: Warning,
  now: Date,
  reporter: string,
): CoreV1Event {
  const { namespace, name, uid } = run.metadata!;
  const digest = createHash("sha256").update(`${uid}\n${reason}\n${about}`).digest("hex").slice(0, 16);
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name}.${RANKS[reason] ?? RANK}${digest}`, namespace: namespace! },
    involvedObject: {
      apiVersion: run.apiVersion ?? "tekton.dev/v1",
      kind: "PipelineRun",
      name: name!,
      namespace: namespace!,
      uid: uid!,
    },
    type,
    reason,
    message: cut(message),
    action: ACTIONS[reason] ?? ACTION,
    eventTime: new V1MicroTime(now.getTime()),
    lastTimestamp: now,
    reportingComponent: APP_NAME,
    reportingInstance: reporter.slice(0, MOST_INSTANCE_CHARACTERS),
  };
}

/** What changes of an Event whose cause goes on: a merge patch. @param count how often it has been seen, at least 2 */
export const repetitionOf = (message: string, count: number, now: Date): object => ({
  message: cut(message),
  lastTimestamp: now,
  series: { count, lastObservedTime: new V1MicroTime(now.getTime()) },
});
