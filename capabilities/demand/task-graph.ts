/** The graph of a run's tasks as Tekton will build it, with what their pods ask for. */
import type { PipelineRun } from "../tekton/objects";
import { expand } from "./expand";
import { MOST_RESOURCES } from "./limits";
import { noteOnLeftOut, noteOnRefused, noteOnUnreckonable, notesOn } from "./notes";
import { referenceText, type Definitions, type PlannedRun, type Reference } from "./pipeline-spec";
import { podDemands } from "./pod-demands";
import { EPHEMERAL_STORAGE, type Resources } from "./resources";

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
  /** Of a custom task, which has no pods: so many CustomRuns, with whose end it ends. */
  customRuns?: number;
  /** Nothing of it is known in advance: what it asks for, or that it is a whole pipeline. */
  isUnknown?: true;
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
  const byText = new Map(missing.map(reference => [referenceText(reference), reference]));
  return [...byText.values()];
}

/**
 * @param unknownTask what a pod counts as of which nothing can be known in advance
 * @returns no tasks when Tekton will refuse the run
 */
export function taskGraph(run: PipelineRun, definitions: Definitions, unknownTask: Resources): TaskGraph {
  const expansion = expand(run as PlannedRun, definitions);
  const { asked, limitRangesLeftOut, invalid, tooMuch, refused } = podDemands(
    expansion,
    definitions,
    unknownTask,
  );
  const { leftOut, kept } = fewKinds(asked);
  const tasks = expansion.places.map(({ name, count, after, task }, index): PlannedTask => {
    const planned: PlannedTask = { name, count, each: kept[index]!, after };
    if (task === "custom") return { ...planned, count: 0, customRuns: count };
    return task === "unread" ? { ...planned, isUnknown: true } : planned;
  });
  const notes = [
    ...notesOn(expansion, unknownTask),
    ...limitRangesLeftOut,
    ...noteOnUnreckonable("Not a quantity that Kubernetes takes", invalid, unknownTask),
    ...noteOnUnreckonable("More than is reckoned with", tooMuch, unknownTask),
    ...noteOnRefused(refused),
    ...noteOnLeftOut(leftOut, MOST_RESOURCES),
  ];
  return { tasks, notes };
}

/** Of resources that tasks ask for, the first few kinds: for each the widest moment is found by itself. */
function fewKinds(asked: readonly Resources[]): { kept: readonly Resources[]; leftOut: string[] } {
  const all = new Set(["cpu", "memory", EPHEMERAL_STORAGE]);
  for (const each of asked) for (const name of Object.keys(each)) all.add(name);
  if (all.size <= MOST_RESOURCES) return { kept: asked, leftOut: [] };
  const names = [...all];
  const few = new Set(names.slice(0, MOST_RESOURCES));
  const onlyFew = (each: Resources): Resources =>
    Object.fromEntries(Object.entries(each).filter(([name]) => few.has(name)));
  return { kept: asked.map(onlyFew), leftOut: names.slice(MOST_RESOURCES) };
}
