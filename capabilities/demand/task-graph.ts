/** The graph of a run's tasks as Tekton will build it, with what their pods ask for. */
import type { PipelineRun } from "../tekton/objects";
import { expand } from "./expand";
import type { Place } from "./expansion";
import { requestDefaults, type RequestDefaults } from "./limit-ranges";
import { noteOnQuantities, notesOn } from "./notes";
import type { Definitions, PlannedRun, Reference } from "./pipeline-spec";
import { podDemand } from "./pod-demand";
import { InvalidQuantity, NOTHING, type Resources } from "./resources";

export type { Definitions, Reference } from "./pipeline-spec";

export interface PlannedTask {
  /** With its path in pipelines in pipelines: `child/build`. */
  name: string;
  /** Pods at once: the matrix multiplied out, else 1. 0 when it has none, as where a pipeline in a pipeline begins. */
  count: number;
  /** What one pod asks for. */
  each: Resources;
  /** Names of the tasks directly before it. */
  after: string[];
}

export interface TaskGraph {
  tasks: PlannedTask[];
  /** Sentences for people: what could not be read in advance and what it counts as, and why Tekton will refuse a run. */
  notes: string[];
}

/**
 * Definitions that the run names and that nobody has looked for yet. Pipelines name further ones: ask again when these
 * are known. One that does not exist is known as undefined.
 */
export function missingDefinitions(run: PipelineRun, known: Definitions): Reference[] {
  const missing = expand(run as PlannedRun, known).missing;
  const byName = new Map(missing.map(reference => [`${reference.kind}/${reference.name}`, reference]));
  return [...byName.values()];
}

/** What `make` gives; if a quantity does not parse, `otherwise`, with a note. */
function unlessInvalid<T>(make: () => T, otherwise: T, note: (error: InvalidQuantity) => unknown): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof InvalidQuantity)) throw error;
    note(error);
    return otherwise;
  }
}

/**
 * @param unknownTask what a pod counts as of which nothing can be known in advance
 * @returns no tasks when Tekton will refuse the run
 */
export function taskGraph(run: PipelineRun, definitions: Definitions, unknownTask: Resources): TaskGraph {
  const expansion = expand(run as PlannedRun, definitions);
  const notes = notesOn(expansion, unknownTask);
  const defaults = unlessInvalid(
    () => requestDefaults(definitions.limitRanges),
    requestDefaults([]),
    error => notes.push(`The namespace's LimitRanges are left out: ${error.message}.`),
  );
  const invalid: { name: string; error: InvalidQuantity }[] = [];
  const tasks = expansion.places.map(place => {
    const { name, count, after } = place;
    const demand = () => demandOf(place, definitions, defaults, unknownTask);
    return {
      name,
      count,
      each: unlessInvalid(demand, unknownTask, error => invalid.push({ name, error })),
      after,
    };
  });
  return { tasks, notes: [...notes, ...noteOnQuantities(invalid, unknownTask)] };
}

function demandOf(
  { task, overrides }: Place,
  { runtimeOverhead }: Definitions,
  defaults: RequestDefaults,
  unknownTask: Resources,
): Resources {
  if (task === "join") return NOTHING;
  return task === "unread" ? unknownTask : podDemand(task, overrides, defaults, runtimeOverhead);
}
