/** What befalls nodes while runs are under way, and which runs those are, by the seed. Pure. */
import { Chance } from "../chance";

/** As people, clouds and strangers do it, and how it comes to its end. */
export const NODE_EVENTS = [
  "cordon",
  "drain",
  "not ready",
  "deleted",
  "out of service",
  "spot taint",
  "taint added",
] as const;
export type NodeEventKind = (typeof NODE_EVENTS)[number];

export interface NodeEvent {
  /** Milliseconds after the start. */
  at: number;
  kind: NodeEventKind;
  /** From 0 to below 1: which of the nodes that are well. */
  pick: number;
  /** Whether it befalls a node that a run is on, where there is one. */
  isInUse: boolean;
  /** Until the node is well again, or another one has taken its place. */
  milliseconds: number;
}

export interface PlannedTask {
  name: string;
  seconds: number;
  cpu: string;
  runAfter: string[];
}

export interface PlannedRun {
  /** Milliseconds after the start. */
  at: number;
  name: string;
  tasks: PlannedTask[];
}

export interface NodePlan {
  events: NodeEvent[];
  runs: PlannedRun[];
  /** Milliseconds after the start: nothing befalls a node any more. */
  end: number;
}

const PAUSE_MILLISECONDS = 2_000;
const LEAST_OUT_MILLISECONDS = 3_000;
const MOST_OUT_MILLISECONDS = 20_000;
/** Runs are created until then, so that all of them live among events. */
const SHARE_WITH_CREATIONS = 0.9;
const SHARE_IN_USE = 0.75;
const CPUS = ["100m", "500m", "1", "2"];
const LEAST_TASKS = 3;
const MOST_TASKS = 5;
export const MOST_TASK_SECONDS = 5;

/** One after another and side by side: there are times between tasks, and times with several pods. */
function tasksOf(chance: Chance): PlannedTask[] {
  const names = Array.from({ length: chance.whole(LEAST_TASKS, MOST_TASKS) }, (_, index) => `task-${index}`);
  return names.map((name, index) => ({
    name,
    seconds: chance.whole(1, MOST_TASK_SECONDS),
    cpu: chance.one(CPUS),
    runAfter: names.slice(Math.max(0, index - chance.whole(1, 2)), index),
  }));
}

export function nodePlan({ seed, minutes, runs }: { seed: number; minutes: number; runs: number }): NodePlan {
  const end = Math.round(minutes * 60_000);
  const nodes = new Chance(seed, "node events");
  const creations = new Chance(seed, "creations among node events");
  const times = Array.from({ length: runs }, () =>
    Math.round(creations.draw() * end * SHARE_WITH_CREATIONS),
  ).sort((one, other) => one - other);
  return {
    end,
    events: Array.from({ length: Math.floor(end / PAUSE_MILLISECONDS) }, (_, index) => ({
      at: (index + 1) * PAUSE_MILLISECONDS,
      kind: nodes.one(NODE_EVENTS),
      pick: nodes.draw(),
      isInUse: nodes.happens(SHARE_IN_USE),
      milliseconds: nodes.whole(LEAST_OUT_MILLISECONDS, MOST_OUT_MILLISECONDS),
    })),
    runs: times.map((at, index) => ({
      at,
      name: `run-${index}`,
      tasks: tasksOf(new Chance(seed, `run ${index} among node events`)),
    })),
  };
}
