/** What must hold of every state that the search comes to. Each check gives a line for each state where it does not. */
import { losesItsClaims } from "../../placement/made-claims";
import { hasEnded } from "../../tekton/objects";
import { CLUSTER_CHANGES } from "../../phases/cluster-changes";
import { exceeds } from "../../demand/resources";
import { isGrantKnown } from "../../room/kubelet-answer";
import { requestedBy } from "../../room/placeholder-size";
import { resizable } from "../../room/reservation";
import { boundAt } from "../../room/waiting-pods";
import { nodeOf, ownPods, runPods } from "./objects";
import { NOW } from "./world";
import { pathTo, type Edge, type Found, type State } from "./search";

const failing = ({ states }: Found, what: (state: State) => string | false | undefined): string[] =>
  states.flatMap(state => {
    const found = what(state);
    return found ? [`${found} (step ${state.step.kind}: ${state.step.why}), after: ${pathTo(state)}`] : [];
  });

/** Those from which none of `goals` is come to by steps of the controller and what is fair. */
function lostFrom({ states }: Found, isGoal: (state: State) => boolean): Set<State> {
  const before = new Map<State, State[]>();
  for (const state of states) {
    for (const { kind, to } of state.edges) {
      if (kind === "disturbance") continue;
      const known = before.get(to);
      if (known === undefined) before.set(to, [state]);
      else known.push(state);
    }
  }
  const lost = new Set(states);
  const open = states.filter(isGoal);
  for (const goal of open) lost.delete(goal);
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    for (const one of before.get(state) ?? []) if (lost.delete(one)) open.push(one);
  }
  return lost;
}

const isHeld = ({ stage }: State): boolean => stage === "held" || stage === "withdrawn";

export function heldForEver(found: Found): string[] {
  const lost = lostFrom(found, state => !isHeld(state));
  return failing(found, state => lost.has(state) && "the run is held for ever");
}

const isOver = ({ world }: State): boolean =>
  (world.run === undefined || hasEnded(world.run)) &&
  world.statefulSet === undefined &&
  world.pods.length === 0;

export function neverOver(found: Found): string[] {
  const lost = lostFrom(found, isOver);
  return failing(found, state => lost.has(state) && "the run never ends, or leaves something behind");
}

export const heldSilently = (found: Found): string[] =>
  failing(found, ({ stage, step }) => {
    if (stage !== "held" || step.kind !== "none") return step.why === "" && "a step without a why";
    return "a held run without a step";
  });

/** Where another step follows by the clock alone, somebody has to look at it. */
export const notLookedAtAgain = (found: Found): string[] =>
  failing(found, ({ step, edges }) => {
    const isTimed = edges.some(({ kind, to }) => kind === "time" && to.step.kind !== step.kind);
    return isTimed && step.lookAgainSeconds === undefined && "time passes, and nobody looks again";
  });

/** Two steps that undo each other would go on for ever. */
export function stepsInCircles(found: Found): string[] {
  const next = (state: State): State | undefined => state.edges.find(({ kind }) => kind === "step")?.to;
  return failing(found, state => {
    let [slow, quick] = [state, next(state)];
    while (quick !== undefined && quick !== slow) {
      slow = next(slow)!;
      quick = next(quick) && next(next(quick)!);
    }
    return quick !== undefined && "steps in a circle";
  });
}

export const movedFromItsRun = (found: Found): string[] =>
  failing(found, ({ world, step, edges }) => {
    const pods = runPods(world);
    if (step.kind === "delete-placeholder")
      return pods.length > 0 && "deleted while pods of its run are active";
    if (step.kind !== "start-over" && step.kind !== "remake-pod") return false;
    // It goes already.
    if (step.pod.metadata!.deletionTimestamp !== undefined) return false;
    const node = step.pod.spec?.nodeName;
    const isPinned = edges.some(({ to }) => to.phase === "replacing");
    return node && !isPinned && pods.some(pod => nodeOf(pod) === node) && "moved from its run's pods";
  });

/** A kubelet would still count what the container is started with, and reject pods that the scheduler sends there. */
export const shrunkUnstarted = (found: Found): string[] =>
  failing(found, ({ step }) => {
    if (step.kind !== "resize" && step.kind !== "release") return false;
    const { pod, size = requestedBy(pod.spec!) } = step;
    const isNew = boundAt(pod) === Date.parse(NOW);
    const shrinks = exceeds(resizable(requestedBy(pod.spec!)), size).length > 0;
    return isNew && shrinks && !isGrantKnown(pod) && "shrunk before its container runs";
  });

export const split = (found: Found): string[] =>
  failing(found, ({ world }) => {
    const nodes = new Set(runPods(world).map(nodeOf).filter(Boolean));
    return nodes.size > 0 && ownPods(world).some(pod => nodeOf(pod) && !nodes.has(nodeOf(pod))) && "split";
  });

/** Tekton's claims stay while pods may use them, and go with a run that asks for it. */
export const claimsAgainstWish = (found: Found): string[] =>
  failing(found, ({ world, step }) => {
    const { run, claim } = world;
    if (step.kind === "delete-claims") {
      return (runPods(world).length > 0 || !hasEnded(run!)) && "claims deleted while its run may use them";
    }
    const isOurs = claim !== undefined && claim === run?.metadata!.uid;
    const isLeft = isOurs && hasEnded(run!) && world.statefulSet === undefined && losesItsClaims(run!);
    return isLeft && "claims left behind";
  });

export const otherThanDeclared = (found: Found): string[] =>
  failing(found, ({ row, step, stage, edges, phase }) => {
    const overruled =
      (stage === "held" && ["let-go", "cancel"].includes(step.kind)) ||
      (stage === "placed" && step.kind === "cancel");
    if (!overruled && !row.takes.includes(step.kind)) return `the row "${row.name}" takes ${step.kind}`;
    const to = edges.find(({ kind }) => kind === "step")?.to;
    if (overruled || to === undefined || row.to === undefined || to.stage !== stage) return undefined;
    const ends = row.to.map(end => (end === "gone" ? "absent" : end));
    // A step may be the first half of one that leads there.
    const isNamed = to.phase === phase || ends.some(end => end === to.phase);
    return !isNamed && `the row "${row.name}" leads from ${phase} to ${to.phase}`;
  });

/** Phase changes of the cluster's own doing that the page does not name: of runs that stay what they are. */
export function unnamedChanges(found: Found): string[] {
  const isNamed = (from: State, { to }: Edge): boolean =>
    CLUSTER_CHANGES.some(change => change.from === from.phase && change.to === to.phase);
  return failing(found, state => {
    if (state.stage !== "held" && state.stage !== "placed") return undefined;
    const edge = state.edges.find(
      one =>
        one.kind !== "step" &&
        one.to.stage === state.stage &&
        one.to.phase !== state.phase &&
        !isNamed(state, one),
    );
    return edge && `${edge.name}: from ${state.phase} to ${edge.to.phase}`;
  });
}
