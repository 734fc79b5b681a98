/** Rows for placeholders that have their node: the room goes over to the pods of the run. */
import type { V1Pod } from "@kubernetes/client-node";
import { exceeds, maximum, minimum, sum, toQuantities, type Resources } from "../../demand/resources";
import { KEY_PREFIX } from "../../keys";
import { joinsItsRun } from "../../placement/placeholder-affinity";
import { grantedTo } from "../../room/kubelet-answer";
import { podRequests } from "../../room/pod-requests";
import { fixedIn, resizable } from "../../room/reservation";
import { yieldsInSeconds } from "../../room/yielding";
import { boundAt, patienceSeconds, waitingForRoomSince } from "../../room/waiting-pods";
import type { Row } from "../row";
import type { Sight } from "../sight";
import type { Step } from "../steps";
import type { Warning } from "../../tekton/warning";

const BOUND = ["anchored", "handing over", "replacing"] as const;

const isNothing = (resources: Resources): boolean => exceeds(resizable(resources), {}).length === 0;

const pinned = (seen: Sight, why: string): Step => ({
  kind: "pin-placeholder",
  pod: seen.pod!,
  node: seen.node!,
  size: seen.size,
  why,
});

/** Growing asks for room that others may have, so it is for shrinking alone that a part of the size is taken. */
function shrunk({ asked, size }: Sight): Resources {
  const down = minimum(size, resizable(asked));
  // No pod may be resized to nothing.
  return exceeds(down, {}).length > 0 ? down : size;
}

const hasNode = ({ spec }: V1Pod): boolean => Boolean(spec?.nodeName);

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

/** Milliseconds until a placeholder whose growth was refused may ask again; 0 when it may. */
function growthPause({ record, now, settings }: Sight): number {
  const refused = Date.parse(record.growthRefusedAt ?? "");
  if (Number.isNaN(refused)) return 0;
  return Math.max(0, refused + settings.GROWTH_RETRY_SECONDS * 1000 - now.getTime());
}

/** A placeholder that was made again without its room goes on looking, ever more rarely. */
const roomLostFor = ({ pod, record, now }: Sight): number =>
  record.moves === 0 ? 0 : boundAt(pod!) + patienceSeconds(record.moves - 1) * 1000 - now.getTime();

/** It was found to need more than was known when its node was chosen, and the node could not give that. */
const lacksRoom = (seen: Sight): boolean =>
  seen.reservation.isRevised === true && seen.asksForLess && growthPause(seen) > 0;

function moreThanKnown({ needed, node }: Sight): Warning {
  const amounts = Object.entries(toQuantities(resizable(needed))).map(
    ([name, quantity]) => `${name} ${quantity}`,
  );
  return {
    reason: "NoRoomToGrow",
    about: "more than was known",
    message:
      `The run needs ${amounts.join(", ")} at once, which was not known when its node was chosen: a resolver brings ` +
      `its pipeline or tasks. Its node ${node} has no room for that, so its next pods may wait until others have ` +
      `ended there. State what it needs by the annotation ${KEY_PREFIX}requests.`,
  };
}

/** A pod without requests, of QoS class BestEffort, stays one: the class may not change. */
const mayGrow = ({ asked }: Sight): boolean => exceeds(asked, {}).length > 0;

export const WITH_NODE: readonly Row[] = [
  {
    name: "its growth was put off",
    why: "A growth that waits would hold room that the run's own pods may need.",
    stages: ["placed"],
    phases: BOUND,
    when: ({ pending }) => pending === "growth",
    takes: ["withdraw-growth"],
    step: ({ pod }) => ({
      kind: "withdraw-growth",
      pod: pod!,
      size: grantedTo(pod!),
      why: "its node has no room left to give back",
    }),
    to: ["anchored"],
  },
  {
    name: "its template was changed, and its pod is the one of before",
    why: "The second half of a replacement; a controller that died in between left it.",
    stages: ["held", "placed"],
    phases: BOUND,
    when: ({ pod, record, own }) =>
      record.replaces === pod!.metadata!.uid && (record.pinnedTo !== undefined || !own.pods.some(hasNode)),
    takes: ["remake-pod"],
    step: ({ pod }) => ({ kind: "remake-pod", pod: pod!, why: "its template was changed" }),
    to: ["replacing", "looking", "moving"],
  },
  {
    name: "a pod of the run came onto its node before it left",
    why: "A run is never split: it stays.",
    stages: ["placed"],
    phases: ["anchored", "handing over"],
    when: ({ pod, record }) => record.replaces === pod!.metadata!.uid,
    takes: ["settle-placeholder"],
    step: () => ({ kind: "settle-placeholder", why: "a pod of the run is on its node" }),
    to: ["anchored"],
  },
  {
    name: "its kubelet does not grant a shrink",
    why: "As where nodes have swap: a small pod takes its place on the node.",
    stages: ["held", "placed"],
    phases: ["anchored", "handing over"],
    when: ({ pending }) => pending === "shrink",
    takes: ["pin-placeholder"],
    step: seen => pinned(seen, "the kubelet does not grant what its run's pods need"),
    to: ["replacing"],
  },
  {
    name: "it asks for what cannot be resized",
    why: "Devices, huge pages and storage go over by a new pod in its place.",
    stages: ["held", "placed"],
    phases: ["anchored", "handing over"],
    when: ({ asked, reservation }) => fixedIn(asked, reservation).length > 0,
    takes: ["pin-placeholder"],
    step: seen =>
      pinned(seen, `${fixedIn(seen.asked, seen.reservation).join(", ")} cannot be handed over otherwise`),
    to: ["replacing"],
  },
  {
    name: "it is to ask for nothing",
    why: "No pod can be resized to nothing: its QoS class may not change.",
    stages: ["held", "placed"],
    phases: ["anchored", "handing over"],
    when: ({ size, asked }) => isNothing(size) && !isNothing(asked),
    takes: ["pin-placeholder"],
    step: seen =>
      pinned(seen, "its run needs all that its namespace or node has, and no pod can be resized to nothing"),
    to: ["replacing"],
  },
  {
    name: "its new pod is on the node",
    why: "Pinned, it could go nowhere else.",
    stages: ["held", "placed"],
    phases: ["replacing"],
    takes: ["settle-placeholder"],
    step: ({ node }) => ({ kind: "settle-placeholder", why: `its placeholder is bound to ${node}` }),
    to: ["anchored"],
  },
  {
    name: "made again, it could leave its run",
    why: "It has found its node by the run's own pod affinity; from now on it joins its run.",
    stages: ["held", "placed"],
    phases: ["anchored", "handing over"],
    when: ({ observed: { statefulSet }, record }) =>
      record.isSettled !== true &&
      !joinsItsRun(statefulSet!.spec?.template.spec?.affinity, statefulSet!.metadata!.name!),
    takes: ["settle-placeholder"],
    step: ({ node }) => ({ kind: "settle-placeholder", why: `its placeholder is bound to ${node}` }),
    to: ["anchored"],
  },
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
    }),
  },
  {
    name: "it was made again without its room",
    why: "The run may start only where all of it fits.",
    stages: ["held"],
    phases: ["anchored", "handing over"],
    when: ({ asksForLess }) => asksForLess,
    takes: ["start-over"],
    step: ({ pod }) => ({
      kind: "start-over",
      pod: pod!,
      why: "its placeholder was made again without its room",
    }),
    to: ["looking"],
  },
  {
    name: "the first pods of the run need its room",
    why: "It is free when they come, and not earlier: strangers would take it.",
    stages: ["held"],
    phases: ["anchored", "handing over"],
    when: ({ asksForMore }) => asksForMore,
    takes: ["resize"],
    step: ({ pod, size }) => ({ kind: "resize", pod: pod!, size, why: "its first pods need the room" }),
    to: ["handing over", "replacing"],
  },
  {
    name: "it has its node, and room for the run",
    why: "Only a placeholder that is bound can be joined.",
    stages: ["held"],
    phases: ["anchored", "handing over"],
    takes: ["release"],
    step: ({ placeholder, node, record }) => ({
      kind: "release",
      placeholder,
      node: node!,
      topologyKey: record.placing["topology-key"],
      why: `its placeholder is bound to ${node}`,
    }),
    to: ["released"],
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
      pod: pod!,
      ask: maximum(needed, sum(...own.pods.map(podRequests)), reservation.floor),
      why: "strangers have taken the room of its next pods",
    }),
    to: ["moving"],
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
      pod: pod!,
      ask: maximum(needed, sum(...own.pods.map(podRequests)), reservation.floor),
      why: "it needs more than was known, and its node has no room for it",
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
