/** The pod templates that pods of a run will have, and whose each is. */
import type { V1TopologySpreadConstraint } from "@kubernetes/client-node";
import { isObject, objectsOf, textOf } from "../../demand/untrusted";
import type { PipelineRunSpec, PodTemplate } from "../../tekton/objects";
import { mergedTemplate, storedTemplate } from "./merge";
import { isParam, referencesIn, replacedIn, type Replacements } from "./replacements";
import { NO_LABELS, type RunPods, type TaskPods } from "./task-pods";

/** With what pods have and a placeholder never takes over. */
export type FullTemplate = PodTemplate & { topologySpreadConstraints?: V1TopologySpreadConstraint[] };

/** Whose pods they are; without a name, of any task that is not known in advance. */
export type PodOwner = Pick<AnyPods, "name" | "pipelineTask" | "isOfRun" | "labels">;

/** Pods of one and the same template. */
export interface PodKind {
  template: FullTemplate;
  tasks: PodOwner[];
  /** Whether Tekton will leave a reference, such as `params.x`, in the template as it is. */
  isRaw: (reference: string) => boolean;
}

export interface PodKinds {
  kinds: PodKind[];
  /** There are more than are looked at. */
  areTooMany: boolean;
}

/** More of either are not looked at: who writes a run decides how many there are. */
const MOST_KINDS = 300;
const MOST_CHARACTERS = 5_000_000;
/** Pods whose params are put into their template. */
const MOST_REPLACED = 20_000;

interface Special {
  pipelineTaskName?: string;
  podTemplate?: PodTemplate | null;
}

/**
 * The run's template, and over it those that its taskRunSpecs have for the task: GetTaskRunSpec in Tekton's
 * pkg/apis/pipeline/v1/pipelinerun_types.go. A child run is given the run's template, and no taskRunSpecs.
 */
class Templates {
  private readonly common: PodTemplate;
  private readonly byTask = new Map<string, PodTemplate>();

  constructor(spec: PipelineRunSpec | undefined) {
    this.common = storedTemplate(spec?.taskRunTemplate?.podTemplate);
    for (const { pipelineTaskName, podTemplate } of objectsOf<Special>(spec?.taskRunSpecs as Special[])) {
      // Without a name it is for no task that there can be.
      const name = textOf(pipelineTaskName) ?? "";
      const own = isObject(podTemplate) ? storedTemplate(podTemplate) : {};
      this.byTask.set(name, mergedTemplate(own, this.byTask.get(name) ?? this.common));
    }
  }

  of({ isOfRun, pipelineTask }: AnyPods): PodTemplate {
    const own = isOfRun && pipelineTask !== undefined ? this.byTask.get(pipelineTask) : undefined;
    return own ?? this.common;
  }

  get named(): string[] {
    return [...this.byTask.keys()];
  }
}

type AnyPods = Omit<TaskPods, "name" | "volumes" | "workspaces"> & { name: string | undefined };

const NO_REPLACEMENTS: Replacements = new Map();
const unknownTask = (name: string | undefined): AnyPods => ({
  name,
  pipelineTask: name,
  isOfRun: true,
  labels: NO_LABELS,
  replacements: () => [NO_REPLACEMENTS],
  areParamsKnown: false,
});

class Kinds {
  private readonly byContent = new Map<string, PodKind>();
  private readonly references = new Map<PodTemplate, ReadonlySet<string>>();
  private readonly contents = new Map<PodTemplate, string>();
  private characters = 0;
  private replaced = 0;
  areTooMany = false;

  referencesIn(template: PodTemplate): ReadonlySet<string> {
    const known = this.references.get(template) ?? new Set(referencesIn(template));
    this.references.set(template, known);
    return known;
  }

  add(template: PodTemplate, isRaw: PodKind["isRaw"], content: string, task: PodOwner): void {
    const known = this.byContent.get(content);
    if (known) known.tasks.push(task);
    else if (this.byContent.size >= MOST_KINDS) this.areTooMany = true;
    else this.byContent.set(content, { template, tasks: [task], isRaw });
  }

  /** Of a template as it is, which many tasks may have. */
  contentOnce(template: PodTemplate): string {
    const known = this.contents.get(template) ?? this.contentOf(template);
    this.contents.set(template, known);
    return known;
  }

  /** Whether one more pod is looked at by itself. */
  looksAtOneMore(): boolean {
    if (++this.replaced > MOST_REPLACED) this.areTooMany = true;
    return !this.areTooMany;
  }

  /** Its content, as long as no more of it is looked at than is bearable. */
  contentOf(template: PodTemplate): string {
    const content = JSON.stringify(template);
    this.characters += content.length;
    if (this.characters > MOST_CHARACTERS) this.areTooMany = true;
    return content;
  }

  get kinds(): PodKind[] {
    return [...this.byContent.values()];
  }
}

/** The pods of one task, one for each way in which its matrix makes them differ. */
function addTask(found: Kinds, template: PodTemplate, task: AnyPods): void {
  const { areParamsKnown } = task;
  const references = found.referencesIn(template);
  if (references.size === 0) return found.add(template, () => false, found.contentOnce(template), task);
  const isRaw = (reference: string): boolean =>
    references.has(reference) && (areParamsKnown || !isParam(reference));
  if (found.areTooMany) return;
  const contents = new Set<string>();
  for (const replacements of task.replacements()) {
    if (!found.looksAtOneMore()) return;
    const replaced = replacedIn(template, replacements);
    const content = `${areParamsKnown} ${found.contentOf(replaced)}`;
    if (!contents.has(content)) found.add(replaced, isRaw, content, task);
    contents.add(content);
  }
}

/** Only those that pods of the run will have. Where its tasks are not known, all that they may have. */
export function podKinds(spec: PipelineRunSpec | undefined, pods: RunPods): PodKinds {
  const templates = new Templates(spec);
  const found = new Kinds();
  const others = pods.areTasksKnown ? [] : [undefined, ...templates.named].map(unknownTask);
  for (const task of [...others, ...pods.tasks]) addTask(found, templates.of(task), task);
  return { kinds: found.kinds, areTooMany: found.areTooMany };
}

const MOST_NAMES = 3;

/** For people: `build`, or `build, test and 2 more`. */
export function whoseIs({ tasks }: PodKind): string {
  const names = tasks.map(({ name }) => name || "other tasks");
  const left = names.length - MOST_NAMES;
  return names.slice(0, MOST_NAMES).join(", ") + (left > 0 ? ` and ${left} more` : "");
}
