/** All that a soak does and when, by its seed. Pure: the same options give the same plan. */
import { Chance } from "../chance";
import { disturbances, type Disturbance } from "./disturbances";
import { plannedNamespaces, type PlannedNamespace } from "./namespaces";
import { phasesOf, type Phase } from "./phases";
import { plannedRun, type PlannedRun } from "./runs";

export interface PlanOptions {
  seed: number;
  minutes: number;
  /** How many runs are created in all, those that are created again not counted. */
  runs: number;
}

export interface Plan {
  phases: Phase[];
  namespaces: PlannedNamespace[];
  runs: PlannedRun[];
  disturbances: Disturbance[];
  /** Milliseconds after the start at which nothing new happens any more. */
  end: number;
}

/** Nothing is created in the last moments, so that what was has time to end. */
const LAST_CREATION_MILLISECONDS = 8_000;

export function makePlan({ seed, minutes, runs }: PlanOptions): Plan {
  const end = Math.round(minutes * 60_000);
  const phases = phasesOf(end);
  const namespaces = plannedNamespaces(seed, end);
  const chance = new Chance(seed, "creations");
  const times = Array.from({ length: runs }, () =>
    Math.round(chance.draw() * (end - LAST_CREATION_MILLISECONDS)),
  ).sort((one, other) => one - other);
  return {
    ...{ phases, namespaces, end },
    runs: times.map((at, index) => {
      const open = namespaces.filter(({ from, until }) => from <= at && at < until);
      const { name, optsIn } = chance.one(open);
      return plannedRun(seed, index, { at, namespace: name, namespaceOptsIn: optsIn });
    }),
    disturbances: disturbances(seed, phases, end),
  };
}
