/** Rows for bound placeholders of held runs: the room of the first pods is made free, and the run is let go. */
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
    name: "it has its node, and room for the run",
    why: "Only a placeholder that is bound can be joined. Its room is free when the first pods come, and not earlier.",
    stages: ["held"],
    phases: ["anchored", "handing over"],
    takes: ["release"],
    step: ({ placeholder, node, record, asksForMore, pod, size }) => ({
      kind: "release",
      placeholder,
      node: node!,
      topologyKey: record.placing["topology-key"],
      pod: pod!,
      ...(asksForMore && { size }),
      why: `its placeholder is bound to ${node}`,
    }),
    to: ["released"],
  },
];
