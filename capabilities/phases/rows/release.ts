/** Rows for bound placeholders of held runs: the room of the first pods is made free, and the run is let go. */
import { findRoomBeside } from "../../placement/node-room";
import { requestedBy } from "../../room/placeholder-size";
import { resizable } from "../../room/reservation";
import { loweredFrom, loweredWarning } from "../../room/resized";
import { boundAt, patienceSeconds } from "../../room/waiting-pods";
import type { Warning } from "../../tekton/warning";
import type { Row } from "../row";
import type { Sight } from "../sight";

/** A placeholder that was made again without its room goes on looking, ever more rarely. */
const roomLostFor = ({ pod, record, now }: Sight): number =>
  record.moves === 0 ? 0 : boundAt(pod!) + patienceSeconds(record.moves - 1) * 1000 - now.getTime();

/** It is no room that was lost where its template asks for it, and the pod that was made by it does not. */
function loweredWarnings({ observed, asked }: Sight): Warning[] {
  const written = resizable(requestedBy(observed.statefulSet!.spec!.template.spec!));
  const lowered = loweredFrom(written, asked);
  return Object.keys(lowered).length === 0 ? [] : [loweredWarning(lowered, asked)];
}

/** Since it was bound: its container starts, and a shrink is granted, within a second or two. */
const MOST_FREEING_SECONDS = 10;

const freesInSeconds = ({ pod, now }: Sight): number =>
  MOST_FREEING_SECONDS - (now.getTime() - boundAt(pod!)) / 1000;

const comeTooEarly = ({ phase, asksForMore, pod, reservation, observed }: Sight): boolean =>
  (asksForMore || phase === "handing over") && !findRoomBeside(pod!, reservation, observed.nodeRoom);

const NEEDED = "its first pods need room that its placeholder has";

export const RELEASE: readonly Row[] = [
  {
    name: "it was made again without its room, a moment ago",
    why: "Every further try waits longer.",
    stages: ["held"],
    phases: ["anchored", "handing over"],
    when: seen => seen.asksForLess && roomLostFor(seen) > 0,
    takes: ["wait"],
    step: seen => ({
      kind: "wait",
      lookAgainSeconds: roomLostFor(seen) / 1000,
      why: "its placeholder was made again without its room",
      warnings: loweredWarnings(seen),
    }),
  },
  {
    name: "it was made again without its room",
    why: "The run may start only where all of it fits.",
    stages: ["held"],
    phases: ["anchored", "handing over"],
    when: ({ asksForLess }) => asksForLess,
    takes: ["start-over"],
    step: seen => ({
      kind: "start-over",
      reason: "room_lost",
      pod: seen.pod!,
      why: "its placeholder was made again without its room",
      warnings: loweredWarnings(seen),
    }),
    to: ["looking"],
  },
  {
    name: "its node may have no room for the first pods beside all of it",
    why: "A pod that comes before its room is free is tried again a second later, and might evict others meanwhile.",
    stages: ["held"],
    phases: ["anchored", "handing over"],
    when: seen =>
      comeTooEarly(seen) && freesInSeconds(seen) > 0 && seen.asksForMore && seen.shrinksInSeconds === 0,
    takes: ["resize"],
    step: ({ pod, size }) => ({ kind: "resize", pod: pod!, size, why: NEEDED }),
    to: ["handing over", "anchored", "replacing"],
  },
  {
    name: "the room of its first pods is not free yet",
    why: "Its container starts, or its kubelet takes the shrink in; not for long, as others may hold the room as well.",
    stages: ["held"],
    phases: ["anchored", "handing over"],
    when: seen => comeTooEarly(seen) && freesInSeconds(seen) > 0,
    takes: ["wait"],
    step: seen => ({
      kind: "wait",
      lookAgainSeconds: seen.asksForMore ? seen.shrinksInSeconds : freesInSeconds(seen),
      why: NEEDED,
    }),
  },
  {
    name: "it has its node, and room for the run",
    why: "Only a placeholder that is bound can be joined. Its room is given free when the first pods come, and not earlier.",
    stages: ["held"],
    phases: ["anchored", "handing over"],
    takes: ["release"],
    step: ({ placeholder, node, record, asksForMore, shrinksInSeconds, pod, size }) => ({
      kind: "release",
      placeholder,
      node: node!,
      topologyKey: record.placing["topology-key"],
      pod: pod!,
      ...(asksForMore && shrinksInSeconds === 0 && { size }),
      why: `its placeholder is bound to ${node}`,
    }),
    to: ["released"],
  },
];
