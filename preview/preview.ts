/** What the operator would make of a run. Every decision is made by the operator's own functions. */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { choicesOf, type Choices } from "../capabilities/choices/choices";
import { defaultChoices, type Settings } from "../capabilities/choices/settings";
import { notAllowed } from "../capabilities/placement/allowed-choices";
import { neverFits } from "../capabilities/placement/never-fits";
import {
  namedBy,
  planOf,
  readableClaims,
  type Named,
  type Plan,
  type Sources,
} from "../capabilities/placement/plan";
import { recordOf } from "../capabilities/placement/record";
import { claimsIn } from "../capabilities/placement/volumes";
import { firstWave, peakDemand, waves } from "../capabilities/demand/peak";
import { toQuantities } from "../capabilities/demand/resources";
import {
  missingDefinitions,
  type Definitions,
  type PlannedTask,
  type TaskGraph,
} from "../capabilities/demand/task-graph";
import type { PipelineRun } from "../capabilities/tekton/objects";
import { admissionOf, asHeld, type Admission } from "./admission";
import { examplePod } from "./example-pod";
import type { StoredRun } from "./stored-run";
import type { Surroundings } from "./surroundings";
import { withDefaultPodTemplate } from "./tekton-defaults";

type Quantities = Record<string, string>;

export interface PreviewedTask {
  name: string;
  /** Pods at once. */
  pods: number;
  /** What each of them asks for. */
  requests: Quantities;
}

export interface Preview {
  run: { namespace: string; name: string; isExampleName: boolean };
  admission: Admission;
  /** Why the run as it is would not start; empty when it would. */
  problems: string[];
  waves: PreviewedTask[][];
  peak: Quantities;
  /** For each resource, the tasks that make its peak. */
  peakTasks: Record<string, string[]>;
  firstWave: Quantities;
  /** The claims whose volumes decide where it goes, named by the placeholder or by their place; sorted. */
  claims: string[];
  /** Null for a run that gets none of its own. */
  placeholder: V1StatefulSet | null;
  /** A pod of the first wave. Null where there is no placeholder, or no task. */
  pod: V1Pod | null;
  notes: string[];
}

/** RuntimeClasses add to what pods ask for, each to those that name it: see withOverheads. */
export const definitionsFor = (surroundings: Surroundings): Definitions => ({
  ...surroundings.tektonDefaults,
  resultsBySidecar: surroundings.resultsBySidecar,
  pipelines: surroundings.pipelines,
  tasks: surroundings.tasks,
  notAllowed: surroundings.notAllowed,
  limitRanges: surroundings.limitRanges,
});

function sourcesFrom(surroundings: Surroundings): Sources {
  const { limitRanges, quotas, runtimeClasses, priorities, storage, nodes } = surroundings;
  const sources = { bounds: { limitRanges, quotas }, runtimeClasses, priorities, storage };
  return { definitions: definitionsFor(surroundings), ...sources, ...(nodes && { nodes }) };
}

/** Whether another preview may come of it once the nodes are known. */
export function dependsOnNodes(sent: PipelineRun, surroundings: Surroundings, settings: Settings): boolean {
  const held = asHeld(
    withDefaultPodTemplate(sent, surroundings.defaultPodTemplate),
    defaultChoices(settings),
  );
  const sources = sourcesFrom(surroundings);
  return planOf(held, namedBy(held, sources.definitions), sources, settings).dependsOnNodes;
}

/** What a cluster has to be asked for yet. */
export interface Unknown {
  definitions: ReturnType<typeof missingDefinitions>;
  runtimeClasses: string[];
  /** Undefined among them stands for the default. */
  priorityClasses: (string | undefined)[];
  claims: string[];
  /** Whether claims are made for the run. */
  hasClaimTemplates: boolean;
}

/** Where no pod names a class, nobody looks for the default: most clusters have none. */
const isOrdinary = (names: readonly (string | undefined)[]): boolean =>
  names.every(name => name === undefined);

const stillUnknown = (
  run: PipelineRun,
  { runtimeClasses, priorityClasses, claims }: Named,
  surroundings: Surroundings,
): Unknown => ({
  definitions: missingDefinitions(run, definitionsFor(surroundings)),
  runtimeClasses: runtimeClasses.filter(name => !surroundings.runtimeClasses.has(name)),
  priorityClasses: isOrdinary(priorityClasses)
    ? []
    : priorityClasses.filter(name => !surroundings.priorities.has(name)),
  claims: readableClaims(claims).filter(name => !surroundings.storage.claims.has(name)),
  hasClaimTemplates: claims.templates.length > 0,
});

export const unknownOf = (run: PipelineRun, surroundings: Surroundings): Unknown =>
  stillUnknown(run, namedBy(run, definitionsFor(surroundings)), surroundings);

function notesOnUnknown({ definitions, runtimeClasses, priorityClasses }: Unknown): string[] {
  const notes: string[] = [];
  if (definitions.length > 0) {
    notes.push("Put Pipelines and Tasks that were not read into the same file, or use --kubeconfig.");
  }
  for (const name of runtimeClasses) {
    notes.push(`The overhead of RuntimeClass ${name} is not known, and counts as nothing.`);
  }
  const classes = priorityClasses.map(name => name ?? "(the cluster's default)");
  if (classes.length > 0) {
    notes.push(`The value of these priority classes is not known, and counts as 0: ${classes.join(", ")}.`);
  }
  return notes;
}

function previewedWaves(graph: TaskGraph): PreviewedTask[][] {
  const tasks = new Map(graph.tasks.map(task => [task.name, task]));
  return waves(graph).map(wave =>
    wave.map(name => {
      const { count, each } = tasks.get(name)!;
      return { name, pods: count, requests: toQuantities(each) };
    }),
  );
}

/** Of the run itself rather than of a pipeline in it, where there is one. */
function exampleTask(graph: TaskGraph): PlannedTask | undefined {
  const names = waves(graph)[0] ?? [];
  const name = names.find(candidate => !candidate.includes("/")) ?? names[0];
  return graph.tasks.find(task => task.name === name);
}

/** @throws InvalidQuantity when a RuntimeClass has an overhead that cannot be read */
export function previewOf(
  { run: sent, isExampleName }: StoredRun,
  surroundings: Surroundings,
  settings: Settings,
): Preview {
  const defaults = defaultChoices(settings);
  const run = withDefaultPodTemplate(sent, surroundings.defaultPodTemplate);
  const held = asHeld(run, defaults);
  const definitions = definitionsFor(surroundings);
  const named = namedBy(held, definitions);
  const plan = planOf(held, named, sourcesFrom(surroundings), settings);
  const { graph, known } = plan;
  const { peak, tasks } = peakDemand(graph);
  const admission = admissionOf(run, surroundings.namespaceLabels, defaults);
  const isPlaced = admission.outcome !== "refused" && admission.outcome !== "left alone";
  const never = isPlaced ? wordsOnNodes(plan, surroundings.nodes, settings) : NO_WORDS;
  const example = exampleTask(graph);
  return {
    run: { namespace: run.metadata.namespace, name: run.metadata.name, isExampleName },
    admission,
    problems: [
      ...problemsOf(admission, plan, choicesOf(held.metadata?.annotations ?? {})),
      ...never.problems,
    ],
    waves: previewedWaves(graph),
    peak: toQuantities(peak),
    peakTasks: tasks,
    firstWave: toQuantities(firstWave(graph)),
    claims: isPlaced ? claimsOf(plan.placeholder) : [],
    placeholder: isPlaced ? plan.placeholder : null,
    pod: isPlaced && example ? examplePod(held, example, known) : null,
    notes: [
      ...surroundings.notes,
      // What the namespace's administrator allows stands in its annotations.
      ...notAllowed(held, settings, undefined).map(
        ({ problem }) => `The run would be refused, unless its namespace allows it: ${problem}.`,
      ),
      // What the placeholder asks for is shown as it is.
      ...plan.notes.filter(note => note !== plan.asks),
      ...plan.advice.map(({ message }) => message),
      ...never.notes,
      ...notesOnUnknown(stillUnknown(run, named, surroundings)),
    ],
  };
}

function claimsOf(placeholder: V1StatefulSet): string[] {
  const { claims = [] } = recordOf(placeholder);
  return [...new Set([...claimsIn(placeholder.spec!.template.spec!.volumes), ...claims])].sort();
}

const NO_WORDS: Pick<Preview, "problems" | "notes"> = { problems: [], notes: [] };

/** Where an autoscaler is expected, a larger node may come. */
function wordsOnNodes(
  { placeholder, contradictions }: Plan,
  nodes: Surroundings["nodes"],
  { AUTOSCALER }: Settings,
): Pick<Preview, "problems" | "notes"> {
  if (nodes === undefined || contradictions.length > 0) return NO_WORDS;
  const said = neverFits(placeholder.spec!.template as V1Pod, nodes)?.message;
  if (said === undefined) return NO_WORDS;
  return AUTOSCALER === "none" ? { problems: [said], notes: [] } : { problems: [], notes: [said] };
}

/** How long a run that finds no node is held, and what becomes of it then. */
function heldInWords(choices: Choices): string {
  const { "placement-timeout": most, "on-timeout": then } = choices;
  if (most === "none" || then === "wait") return "held for ever";
  return `held for ${most}, and then ${then === "cancel" ? "be cancelled" : "start without affinity"}`;
}

function problemsOf(
  { outcome, why }: Admission,
  { contradictions, refusal, graph }: Plan,
  choices: Choices,
): string[] {
  const problems: string[] = [];
  if (outcome === "refused") problems.push(`The run would be refused: ${why}.`);
  const isHeld = outcome.startsWith("held");
  if (contradictions.length > 0 && isHeld) {
    problems.push(
      `The run would be ${heldInWords(choices)}, as no one node can serve all of its pods: ${contradictions.join("; ")}.`,
    );
  }
  if (refusal !== undefined && isHeld) {
    problems.push(`The run would be held until there is room in its namespace: ${refusal}.`);
  }
  if (graph.tasks.length === 0) problems.push("Tekton would not start the run: it has no tasks to run.");
  return problems;
}
