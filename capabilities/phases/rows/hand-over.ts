/** Rows for bound placeholders of placed runs: the room goes over to the pods of the run, and comes back. */
import { exceeds, maximum, minimum, sum, type Resources } from "../../demand/resources";
import { NODE_ANNOTATION } from "../../keys";
import type { PlaceholderRecord } from "../../placement/record";
import { podRequests } from "../../room/pod-requests";
import { resizable } from "../../room/reservation";
import { boundAt, patienceSeconds, waitingForRoomSince } from "../../room/waiting-pods";
import { yieldsInSeconds } from "../../room/yielding";
import type { Warning } from "../../tekton/warning";
import { growthPause, lacksRoom, moreThanKnown } from "../growth";
import { hasNode } from "../observed";
import type { Row } from "../row";
import type { Sight } from "../sight";
import type { Step } from "../steps";

/** Growing asks for room that others may have, so it is for shrinking alone that a part of the size is taken. */
function shrunk({ asked, size }: Sight): Resources {
  const down = minimum(size, resizable(asked));
  // No pod may be resized to nothing.
  return exceeds(down, {}).length > 0 ? down : size;
}

/** Since when all that is left of the run waits for room, in milliseconds of the epoch; undefined when it does not. */
function stuckSince({ own, reservation, pod }: Sight): number | undefined {
  const { ask, floor, tasks, scarce = [] } = reservation;
  const waits = own.pods.map(waitingForRoomSince).filter(since => since !== undefined);
  const keepsRoom = tasks.length > 0 || exceeds(ask, floor).length > 0;
  if (waits.length === 0 || own.pods.some(hasNode) || !keepsRoom || scarce.length > 0) return undefined;
  return Math.max(Math.min(...waits), boundAt(pod!));
}

/** Milliseconds until the run's patience with its node is over. */
function patienceLeft(seen: Sight): number {
  const since = stuckSince(seen);
  if (since === undefined) return Infinity;
  return since + patienceSeconds(seen.record.moves) * 1000 - seen.now.getTime();
}

/** A pod without requests, of QoS class BestEffort, stays one: the class may not change. */
const mayGrow = ({ asked }: Sight): boolean => exceeds(asked, {}).length > 0;

const movedTo = (node: string, { movingFrom, moves }: PlaceholderRecord): Warning => ({
  type: "Normal",
  reason: "Moved",
  about: `${moves}`,
  message: `Moved ${movingFrom ? `from ${movingFrom} ` : ""}to ${node}: the run's next pods go there.`,
});

export const HAND_OVER: readonly Row[] = [
  {
    name: "the next pods of the run need its room",
    why: "Shrinking comes first: a growth of another resource might be put off, and all of the resize with it.",
    stages: ["placed"],
    phases: ["anchored", "handing over"],
    when: ({ asksForMore }) => asksForMore,
    takes: ["resize"],
    step: seen => ({
      kind: "resize",
      pod: seen.pod!,
      size: shrunk(seen),
      why: "its next pods need the room",
    }),
    to: ["handing over", "anchored", "replacing"],
  },
  {
    name: "strangers have taken the room of the run's next pods, for longer than patience",
    why: "Nothing of the run is on the node that could end and give it any; all that waits follows.",
    stages: ["placed"],
    phases: ["anchored", "handing over"],
    when: seen => patienceLeft(seen) <= 0,
    takes: ["start-over"],
    step: ({ pod, needed, own, reservation }) => ({
      kind: "start-over",
      reason: "room_taken",
      pod: pod!,
      ask: maximum(needed, sum(...own.pods.map(podRequests)), reservation.floor),
      why: "strangers have taken the room of its next pods",
    }),
    to: ["moving"],
  },
  {
    name: "pods of the run that ended gave room back, or it needs more than was known",
    why: "What the rest of the run needs is kept; growing never evicts anybody.",
    stages: ["placed"],
    phases: ["anchored", "handing over"],
    when: seen =>
      seen.asksForLess && mayGrow(seen) && growthPause(seen) === 0 && patienceLeft(seen) === Infinity,
    takes: ["resize"],
    step: ({ pod, size }) => ({
      kind: "resize",
      pod: pod!,
      size,
      why: "the rest of the run needs more than it keeps",
    }),
    to: ["handing over", "anchored"],
  },
  {
    name: "it has moved, and its run shows the node of before",
    why: "People look at the run's labels.",
    stages: ["placed"],
    phases: ["anchored", "handing over"],
    when: ({ node, run, record }) =>
      record.movingFrom !== undefined && run.metadata?.annotations?.[NODE_ANNOTATION] !== node,
    takes: ["note-node"],
    step: ({ node, record }) => ({
      kind: "note-node",
      node: node!,
      why: `its placeholder is bound to ${node}`,
      warnings: [movedTo(node!, record)],
    }),
    to: ["anchored"],
  },
  {
    name: "it is as it should be",
    why: "Until a pod has waited for too long, or its node may be asked for room again.",
    stages: ["placed"],
    phases: ["anchored", "handing over"],
    takes: ["none", "wait"],
    step: seen => standing(seen),
  },
];

/** Nothing is to be done now; when something may be without an event, it says when. */
function standing(seen: Sight): Step {
  const grows = seen.asksForLess && mayGrow(seen);
  const times: { seconds: number; why: string }[] = [
    { seconds: patienceLeft(seen) / 1000, why: "strangers have taken the room of its next pods" },
    { seconds: yieldsInSeconds(seen.own.pods, seen.now) ?? Infinity, why: "a pod waits for room" },
    {
      seconds: grows ? growthPause(seen) / 1000 || Infinity : Infinity,
      why: "its node had no room to give back",
    },
  ];
  const [next] = times.filter(({ seconds }) => seconds !== Infinity).sort((a, b) => a.seconds - b.seconds);
  if (next === undefined) return { kind: "none", why: "it is placed" };
  const step: Step = { kind: "wait", why: next.why, lookAgainSeconds: next.seconds };
  return lacksRoom(seen) ? { ...step, warnings: [moreThanKnown(seen)] } : step;
}
