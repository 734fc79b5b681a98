/** Rows for bound placeholders of placed runs: the room goes over to the pods of the run, and comes back. */
import { exceeds, minimum, type Resources } from "../../demand/resources";
import { NODE_ANNOTATION, PHASE, PHASE_LABEL } from "../../keys";
import { resizable } from "../../room/reservation";
import { unschedulableBecause } from "../../room/waiting-pods";
import { yieldsInSeconds } from "../../room/yielding";
import { growthPause, lacksRoom, moreThanKnown } from "../growth";
import { claimsIn } from "../../placement/volumes";
import { askElsewhere, patienceLeft } from "../moving";
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

/** Each is read. */
const MOST_CLAIMS = 100;

const showsOtherNode = ({ node, run, record }: Sight): boolean =>
  record.movingFrom !== undefined && run.metadata?.annotations?.[NODE_ANNOTATION] !== node;

/**
 * Tekton looks at a run that is held, and writes the labels that it saw then when the run has been let go meanwhile
 * (updateLabelsAndAnnotations of its pkg/reconciler/pipelinerun/pipelinerun.go).
 */
const showsHeld = ({ run }: Sight): boolean => run.metadata?.labels?.[PHASE_LABEL] === PHASE.held;

/** Of the first pod that waits. */
const wordsOf = ({ own }: Sight): string =>
  own.pods.map(unschedulableBecause).find(words => words !== undefined) ?? "the scheduler has not said why";

/** A pod without requests, of QoS class BestEffort, stays one: the class may not change. */
const mayGrow = ({ asked }: Sight): boolean => exceeds(asked, {}).length > 0;

/** Bound, as a pod that uses them has its node. */
function newClaims({ own, record, observed }: Sight): string[] {
  const { claims = [] } = record;
  if (claims.length >= MOST_CLAIMS) return [];
  const named = claimsIn(observed.statefulSet!.spec!.template.spec!.volumes);
  const used = own.pods.filter(hasNode).flatMap(({ spec }) => claimsIn(spec?.volumes));
  return [...new Set(used)]
    .filter(name => !claims.includes(name) && !named.includes(name))
    .slice(0, MOST_CLAIMS);
}

export const HAND_OVER: readonly Row[] = [
  {
    name: "the next pods of the run need its room",
    why: "Shrinking comes first: a growth of another resource might be put off, and all of the resize with it.",
    stages: ["placed"],
    phases: ["anchored", "handing over"],
    when: ({ canBeResized, asksForMore, shrinksInSeconds }) =>
      canBeResized && asksForMore && shrinksInSeconds === 0,
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
    name: "pods of the run use claims that its template does not know the place of",
    why: "Made again, with the operator down as well, it goes where those volumes are.",
    stages: ["placed"],
    phases: ["anchored", "handing over"],
    when: seen => newClaims(seen).length > 0,
    takes: ["note-claims"],
    step: seen => ({ kind: "note-claims", claims: newClaims(seen), why: "its pods use claims of their own" }),
    to: ["anchored"],
  },
  {
    name: "the run's next pods find no place on its node, for longer than patience",
    why: "Whatever the scheduler says: nothing of the run is there that could end and make place; all that waits follows.",
    stages: ["placed"],
    phases: ["anchored", "handing over"],
    when: seen => patienceLeft(seen) <= 0,
    takes: ["start-over"],
    step: seen => ({
      kind: "start-over",
      reason: "no_place",
      pod: seen.pod!,
      ask: askElsewhere(seen),
      why: `its next pods find no place on ${seen.node}: ${wordsOf(seen)}`,
    }),
    to: ["moving"],
  },
  {
    name: "pods of the run that ended gave room back, or it needs more than was known",
    why: "What the rest of the run needs is kept; growing never evicts anybody.",
    stages: ["placed"],
    phases: ["anchored", "handing over"],
    when: seen =>
      seen.canBeResized &&
      seen.asksForLess &&
      mayGrow(seen) &&
      growthPause(seen) === 0 &&
      patienceLeft(seen) === Infinity,
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
    name: "its run shows where it stood before",
    why: "People look at the run's labels: it has moved, or Tekton has set them back.",
    stages: ["placed"],
    phases: ["anchored", "handing over"],
    when: seen => showsOtherNode(seen) || showsHeld(seen),
    takes: ["note-node"],
    step: ({ node }) => ({ kind: "note-node", node: node!, why: `its placeholder is bound to ${node}` }),
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
  const grows = seen.canBeResized && seen.asksForLess && mayGrow(seen);
  const shrinks = seen.canBeResized && seen.asksForMore;
  const times: { seconds: number; why: string }[] = [
    {
      seconds: shrinks ? seen.shrinksInSeconds : Infinity,
      why: "its kubelet has not told of the placeholder's container yet",
    },
    { seconds: patienceLeft(seen) / 1000, why: "its next pods find no place on its node" },
    { seconds: yieldsInSeconds(seen.own.pods, seen.now) ?? Infinity, why: "a pod waits for room" },
    {
      seconds: seen.canBeResized ? seen.capPauseSeconds : Infinity,
      why: "a quota has no room for all that it needs",
    },
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
