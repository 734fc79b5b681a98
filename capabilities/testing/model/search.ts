/** Every world that the model can come to, breadth first: by steps of the controller, and by what happens meanwhile. */
import { chosenRow, stepOf } from "../../phases/table";
import type { Phase, Stage } from "../../phases/phase";
import type { Row } from "../../phases/row";
import { Sight } from "../../phases/sight";
import type { Step } from "../../phases/steps";
import { SETTINGS } from "../builders";
import { carriedOut } from "./carry-out";
import type { Happening, Happenings } from "./event";
import { begin } from "./objects";
import { DISTURBANCES, MENDED, timePasses } from "./people";
import { kubeletAnswers, kubeletStarts, placeholderScheduled, runPodsScheduled } from "./scheduler";
import {
  collected,
  controllerMakesPod,
  makesPod,
  makesTaskRun,
  podGoes,
  resolvesPipeline,
  runEnds,
  taskEnds,
} from "./tekton";
import { forgotten, internedWorld, keyOf, NOW, observedOf, type Scenario, type World } from "./world";

/** What happens sooner or later, if it can. */
const FAIR: readonly Happenings[] = [
  ...[placeholderScheduled, runPodsScheduled, kubeletStarts, kubeletAnswers],
  ...[resolvesPipeline, makesTaskRun, makesPod, taskEnds, runEnds, controllerMakesPod, podGoes, collected],
  ...MENDED,
];

/** Fair ones come about sooner or later, if they can; time passes only while the controller waits. */
export type EdgeKind = "step" | "fair" | "time" | "disturbance";

export interface Edge {
  kind: EdgeKind;
  name: string;
  to: State;
}

export interface State {
  world: World;
  stage: Stage;
  phase: Phase;
  row: Row;
  step: Step;
  edges: Edge[];
  /** How it was first come to. */
  from: { state: State; name: string } | undefined;
}

export interface Found {
  scenario: Scenario;
  states: State[];
  /** Whether the search ended at its bound. */
  isCut: boolean;
}

const SIGHT_SETTINGS = SETTINGS;

const sightOf = (world: World, scenario: Scenario): Sight =>
  new Sight(observedOf(world, scenario), SIGHT_SETTINGS, new Date(NOW));

function stateOf(world: World, scenario: Scenario, from: State["from"]): State {
  const sight = sightOf(world, scenario);
  try {
    const row = chosenRow(sight);
    const { stage, phase } = sight;
    return { world, stage, phase, row, step: stepOf(row, sight), edges: [], from };
  } catch (error) {
    throw new Error(`${String(error)}, after: ${pathTo({ from } as State)}`, { cause: error });
  }
}

/** For people: how a state is come to. */
export function pathTo(state: State): string {
  const names: string[] = [];
  for (let { from } = state; from !== undefined; from = from.state.from) names.unshift(from.name);
  return names.join("; ") || "(the beginning)";
}

function happenings(world: World, scenario: Scenario): (Happening & { kind: EdgeKind })[] {
  const fair = FAIR.flatMap(one => one(world, scenario)).map(one => ({ ...one, kind: "fair" as const }));
  if (world.budget === 0) return fair;
  const wrong = DISTURBANCES.flatMap(one => one(world, scenario))
    .filter(({ name }) => scenario.disturbances?.includes(name) ?? true)
    .map(one => ({
      name: one.name,
      world: { ...one.world, budget: world.budget - 1 },
      kind: "disturbance" as const,
    }));
  return [...fair, ...wrong];
}

/** @param mostStates a bound for a search that does not end by itself */
export function search(scenario: Scenario, mostStates = 200_000): Found {
  const known = new Map<string, State>();
  const states: State[] = [];
  const at = (next: World, from: State["from"]): State => {
    const world = internedWorld(next);
    const key = keyOf(world);
    const same = known.get(key);
    if (same !== undefined) return same;
    const state = stateOf(world, scenario, from);
    known.set(key, state);
    states.push(state);
    return state;
  };
  at(begin(scenario), undefined);
  for (let next = 0; next < states.length && states.length < mostStates; next++) {
    const state = states[next]!;
    const { world, step } = state;
    const after = carriedOut(world, step, scenario);
    if (after !== world) {
      state.edges.push({ kind: "step", name: step.kind, to: at(after, { state, name: step.kind }) });
    }
    for (const { name, kind, world: happened } of happenings(world, scenario)) {
      const to = at({ ...happened, ...forgotten }, { state, name });
      if (to !== state) state.edges.push({ kind, name, to });
    }
    if (after !== world) continue;
    // Of two states that differ in nothing but the time, the later one counts where another step follows.
    const later = internedWorld({ ...timePasses(world), ...forgotten });
    const nextRow = known.get(keyOf(later))?.row ?? chosenRow(sightOf(later, scenario));
    if (nextRow !== state.row || world.refusal !== undefined) {
      state.edges.push({ kind: "time", name: "time passes", to: at(later, { state, name: "time passes" }) });
    }
  }
  return { scenario, states, isCut: states.length >= mostStates };
}
