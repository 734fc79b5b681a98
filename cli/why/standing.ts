/** Where a run stands now, what it waits for and what people can do: by the very table that the controller goes by. */
import { stageOf, phaseOf, type Phase, type Stage } from "../../capabilities/phases/phase";
import { Sight } from "../../capabilities/phases/sight";
import { exceeds, type Resources } from "../../capabilities/demand/resources";
import { requestedBy, reservationOf } from "../../capabilities/room/placeholder-size";
import { resizable } from "../../capabilities/room/reservation";
import { ownership, placeholderPod } from "../../capabilities/phases/observed";
import { recordOf } from "../../capabilities/placement/record";
import { NODE_ANNOTATION } from "../../capabilities/keys";
import type { EventReason } from "../../capabilities/tekton/reasons";
import type { RunFacts } from "./facts";
import { heldWait } from "./held";
import { placedWait } from "./placed";
import { endOf } from "./run-end";
import { SETTINGS } from "./settings";
import { unplaced } from "./unplaced";

/** In a word, for a column. */
export type State =
  | "held"
  | "running"
  | "waiting"
  | "succeeded"
  | "failed"
  | "held by another gate"
  | "opted in too late"
  | "part of another run"
  | "managed elsewhere"
  | "without co-location"
  | "being deleted";

export interface Wait {
  /** What is waited for, and in whose words. */
  what: string;
  since?: Date;
  /** Sentences, the most useful first. */
  toDo: string[];
}

/** Where a run stands that this operator has nothing to do with, or no longer. */
export interface Aside {
  state: State;
  because: string;
  toDo: string[];
}

export interface Standing {
  state: State;
  stage: Stage;
  phase: Phase;
  node?: string;
  /** What the run needs at its widest moment; undefined where no room is kept for it. */
  asks?: Resources;
  /** What the placeholder asks for now. */
  keeps?: Resources;
  /** How often it was sent to look for a node anew. */
  moves?: number;
  /** Undefined when it waits for nothing. */
  wait?: Wait;
  /** Why it is none of this operator's; undefined where it is. */
  because?: string;
  /** Sentences, the most useful first. */
  toDo: string[];
}

function sizes({ observed }: RunFacts): Pick<Standing, "asks" | "keeps" | "moves"> {
  if (ownership(observed) !== "ours") return {};
  const statefulSet = observed.statefulSet!;
  const { moves } = recordOf(statefulSet);
  const { ask, floor } = reservationOf(statefulSet);
  const asks = { ...(exceeds(ask, floor).length > 0 && { asks: ask }), moves };
  const pod = placeholderPod(observed);
  return pod?.spec?.nodeName ? { ...asks, keeps: resizable(requestedBy(pod.spec)) } : asks;
}

const QUEUED: EventReason = "WaitsForQueue";

type StateAndWait = Pick<Standing, "state" | "wait" | "because" | "toDo">;

const waiting = (state: State, wait: Wait): StateAndWait => ({ state, wait, toDo: wait.toDo });

function stateAndWait(facts: RunFacts, seen: Sight): StateAndWait {
  const end = endOf(facts.run);
  if (end !== undefined) return { state: end.succeeded ? "succeeded" : "failed", toDo: [] };
  switch (seen.stage) {
    case "over":
      return { state: "being deleted", toDo: [] };
    case "unplaced": {
      const found = unplaced(facts);
      return "because" in found ? found : waiting(found.state, found.wait);
    }
    case "withdrawn":
    case "held":
      return waiting("held", heldWait(facts, seen));
    case "placed": {
      const wait = placedWait(facts, seen);
      return wait === undefined ? { state: "running", toDo: [] } : waiting("waiting", wait);
    }
  }
}

/** That of the placeholder; of a run whose placeholder is gone with it, the one that it was let go to. */
function nodeOf({ observed, run }: RunFacts): string | undefined {
  if (ownership(observed) === "ours") return placeholderPod(observed)?.spec?.nodeName || undefined;
  return run.metadata?.annotations?.[NODE_ANNOTATION];
}

/** The controller says so of none but a run that a queue has. */
function withToldQueue(facts: RunFacts): RunFacts {
  const { observed, events } = facts;
  if (observed.isQueued !== undefined || !events.some(({ reason }) => reason === QUEUED)) return facts;
  return { ...facts, observed: { ...observed, isQueued: true } };
}

export function standingOf(given: RunFacts, now: Date): Standing {
  const facts = withToldQueue(given);
  const { observed, run } = facts;
  const seen = new Sight(observed, SETTINGS, now);
  const node = nodeOf(facts);
  const standing: Standing = {
    stage: stageOf(run),
    phase: phaseOf(observed),
    ...stateAndWait(facts, seen),
    ...sizes(facts),
  };
  if (node !== undefined) standing.node = node;
  return standing;
}
