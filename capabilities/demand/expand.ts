/** A run's tasks with what each comes after, pipelines in pipelines expanded in their place. */
import { Allowance, sizeOf } from "./allowance";
import type { Expansion, Origin } from "./expansion";
import { DEEPEST, MOST_CHARACTERS, MOST_PODS, MOST_TASKS } from "./limits";
import { definitionsOf, isCustomTask, type Lookup } from "./lookup";
import type { FanOut } from "./matrix";
import { resolved, type Values } from "./params";
import type {
  Definitions,
  Param,
  PipelineSpec,
  PipelineTask,
  PlannedRun,
  TaskRunOverrides,
} from "./pipeline-spec";
import { orderedPipeline, type OrderedPipeline, type OrderedTask } from "./problems";
import { prospectsOf, type Prospects } from "./skipped";
import { objectOf, objectsOf, textOf, textsOf } from "./untrusted";
import { valuesOf } from "./values";
import { handedOn, NAMES_OF_THE_RUN, usedWorkspaces, type WorkspaceNames } from "./workspaces";

/** What a run is called whose own pipeline cannot be read. */
export const UNREAD_PIPELINE = "(pipeline)";

/** A pipeline at the place where it is expanded. */
interface Frame {
  /** Put before the names of its tasks. */
  path: string;
  /** What the pipeline comes after. */
  before: string[];
  values: Values;
  /** How many of it run side by side. */
  copies: number;
  /** Names of the pipelines around it, to notice one that contains itself. */
  around: string[];
  /** By the name of the task; where two entries name one, the last. */
  overrides: ReadonlyMap<string, TaskRunOverrides>;
  /** What the run calls its workspaces. */
  workspaces: WorkspaceNames;
}

/** A pipeline's own tasks, at the place where it is. */
interface Inside extends Frame {
  prospects: Prospects;
}

const NO_OVERRIDES: Frame["overrides"] = new Map();

function byTask(taskRunSpecs: TaskRunOverrides[] | undefined): Frame["overrides"] {
  const overrides = new Map<string, TaskRunOverrides>();
  for (const item of objectsOf(taskRunSpecs)) {
    if (textOf(item.pipelineTaskName)) overrides.set(item.pipelineTaskName!, item);
  }
  return overrides;
}

const taskCount = (spec: PipelineSpec): number =>
  objectsOf(spec.tasks).length + objectsOf(spec.finally).length;

class Expander {
  private readonly allowance = new Allowance();
  readonly expansion: Expansion = {
    places: [],
    missing: [],
    unread: [],
    guessed: [],
    cut: [],
    problem: undefined,
    allowance: this.allowance,
  };
  /** A definition may be named thousands of times: it is put in order, and its size is found, once. */
  private readonly ordered = new Map<PipelineSpec, OrderedPipeline | string>();
  private readonly sizes = new Map<PipelineSpec, number>();

  constructor(private readonly definitions: Definitions) {}

  run(run: PlannedRun): Expansion {
    const { pipelineRef, pipelineSpec, params, taskRunSpecs } = objectOf(run.spec) ?? {};
    const resolvedSpec = objectOf(objectOf(run.status)?.pipelineSpec);
    const own = { pipelineRef, pipelineSpec: resolvedSpec ?? pipelineSpec };
    const found = definitionsOf(this.definitions).pipeline(own, this.valuesOfReference(run));
    const why = found.spec && this.whyTooLarge(found.spec);
    const spec = this.specOf(why === undefined ? found : { why }, UNREAD_PIPELINE);
    if (spec === undefined) {
      this.unread(UNREAD_PIPELINE, 1, []);
      return this.expansion;
    }
    const pipeline = this.orderedOnce(spec);
    if (typeof pipeline === "string") return { ...this.expansion, problem: pipeline };
    const around = textsOf([found.name ?? objectOf(pipelineRef)?.name]);
    const values = valuesOf(spec.params, params, this.allowance, knownOf(run, spec));
    const overrides = byTask(taskRunSpecs);
    const frame = { path: "", before: [], values, copies: 1, around, overrides };
    this.pipeline(pipeline, { ...frame, workspaces: NAMES_OF_THE_RUN });
    return this.expansion;
  }

  /** Only for a resolver. Source: Tekton's pkg/reconciler/pipelinerun/resources/pipelineref.go, GetPipelineFunc. */
  private valuesOfReference(run: PlannedRun): Values {
    const { pipelineRef, params } = objectOf(run.spec) ?? {};
    if (textOf(objectOf(pipelineRef)?.resolver) === undefined) return valuesOf([], [], this.allowance);
    return valuesOf([], params, this.allowance, knownOf(run, {}));
  }

  private orderedOnce(spec: PipelineSpec): OrderedPipeline | string {
    const before = this.ordered.get(spec);
    if (before !== undefined) return before;
    const found = orderedPipeline(spec);
    this.ordered.set(spec, found);
    return found;
  }

  /** Asked before a pipeline is expanded: what that costs is about its size. */
  private whyTooLarge(spec: PipelineSpec): string | undefined {
    const count = taskCount(spec);
    if (this.expansion.places.length + count > MOST_TASKS) {
      return `it has ${count} tasks; of one run up to ${MOST_TASKS} are followed`;
    }
    const size = this.sizes.get(spec) ?? sizeOf(spec);
    this.sizes.set(spec, size);
    if (this.allowance.takes(size)) return undefined;
    return `it has ${size} characters; of one run up to ${MOST_CHARACTERS} are followed`;
  }

  /** What was found; if nothing, that is kept for the notes. */
  private specOf<T>(found: Lookup<T>, name: string): T | undefined {
    if (found.missing) this.expansion.missing.push(found.missing);
    if (found.why !== undefined) this.expansion.unread.push({ name, why: found.why });
    return found.spec;
  }

  /** @returns the places whose end is the pipeline's end */
  private pipeline(pipeline: OrderedPipeline, frame: Frame): string[] {
    const ends = new Map(pipeline.tasks.map(({ name, task }) => [name, endOf(frame.path + name, task)]));
    const followed = new Set(pipeline.tasks.flatMap(({ after }) => after));
    const last = pipeline.tasks.filter(({ name }) => !followed.has(name)).map(({ name }) => ends.get(name)!);
    const prospects = prospectsOf(pipeline, frame.values, this.definitions.mostCombinations);
    const inside = { ...frame, prospects };
    for (const item of pipeline.tasks) {
      const after = item.after.map(name => ends.get(name)!);
      this.task(item, inside, after.length > 0 ? after : frame.before);
    }
    const tasksEnd = last.length > 0 ? last : frame.before;
    if (pipeline.finally.length === 0) return tasksEnd;
    const join = this.join(`${frame.path}<tasks>`, tasksEnd);
    for (const item of pipeline.finally) this.task(item, inside, [join]);
    return pipeline.finally.map(({ name, task }) => endOf(frame.path + name, task));
  }

  private task({ name, task }: OrderedTask, frame: Inside, after: string[]): void {
    const path = frame.path + name;
    const prospect = frame.prospects.get(name)!;
    if (typeof prospect === "string") {
      this.join(path, after);
      if (isPipeline(task)) this.join(endOf(path, task), [path]);
      return;
    }
    const count = this.podCount(prospect, path, frame);
    if (isPipeline(task)) return this.child(task, path, { ...frame, before: after, copies: count });
    if (isCustomTask(task)) return this.withoutPods(path, after, "custom", count);
    const spec = this.specOf(definitionsOf(this.definitions).task(task, frame.values), path);
    const origin = { task, values: frame.values };
    const workspaces = () => usedWorkspaces(task, frame.workspaces);
    if (spec === undefined) return this.unread(path, count, after, workspaces, origin);
    this.expansion.places.push({
      name: path,
      count,
      after,
      task: spec,
      overrides: frame.overrides.get(name),
      origin,
      workspaces,
    });
  }

  private podCount({ count, isGuess, tooMany }: FanOut, name: string, { copies }: Frame): number {
    if (isGuess) this.expansion.guessed.push(name);
    if (tooMany !== undefined) {
      const found = tooMany >= MOST_PODS ? `${MOST_PODS} or more` : tooMany;
      const why = `its matrix has ${found} combinations, of which Tekton allows ${count}`;
      this.expansion.cut.push({ name, why });
    }
    if (count * copies <= MOST_PODS) return count * copies;
    this.expansion.cut.push({ name, why: `${count * copies} pods, of which ${MOST_PODS} are counted` });
    return MOST_PODS;
  }

  /** A pipeline in a pipeline. Tekton hands it no taskRunSpecs. */
  private child(task: PipelineTask, path: string, frame: Frame): void {
    const resolvedSpec = this.definitions.resolvedPipelines?.get(path);
    const own = resolvedSpec === undefined ? task : { pipelineSpec: resolvedSpec };
    const found = definitionsOf(this.definitions).pipeline(own, frame.values);
    const why = this.whyNotExpanded(found, frame);
    const spec = this.specOf(why === undefined ? found : { why }, path);
    const pipeline = spec && this.orderedOnce(spec);
    if (typeof pipeline === "string") this.expansion.unread.push({ name: path, why: pipeline });
    if (spec === undefined || typeof pipeline !== "object") {
      const workspaces = () => usedWorkspaces(task, frame.workspaces);
      this.unread(path, frame.copies, frame.before, workspaces);
      this.join(endOf(path, task), [path]);
      return;
    }
    const start = this.join(`${path}/<start>`, frame.before);
    const ends = this.pipeline(pipeline, {
      path: `${path}/`,
      before: [start],
      values: valuesOf(spec.params, handedDown(task, frame.values), this.allowance),
      copies: frame.copies,
      around: found.name === undefined ? [...frame.around, ""] : [...frame.around, found.name],
      overrides: NO_OVERRIDES,
      workspaces: handedOn(task, frame.workspaces),
    });
    this.join(endOf(path, task), ends);
  }

  private whyNotExpanded({ spec, name }: Lookup<PipelineSpec>, { around }: Frame): string | undefined {
    if (name !== undefined && around.includes(name)) return `Pipeline ${name} contains itself`;
    if (around.length >= DEEPEST) return `pipelines in pipelines are followed ${DEEPEST} deep`;
    return spec && this.whyTooLarge(spec);
  }

  private unread(
    name: string,
    count: number,
    after: string[],
    workspaces?: () => string[],
    origin?: Origin,
  ): void {
    const unknown = { task: "unread" as const, overrides: undefined, origin, workspaces };
    this.expansion.places.push({ name, count, after, ...unknown });
  }

  /** Saves an edge from every one of many to every one of many others. No task of Tekton's can be named so. */
  private join(name: string, after: string[]): string {
    this.withoutPods(name, after, "join");
    return name;
  }

  private withoutPods(name: string, after: string[], task: "join" | "custom", count = 0): void {
    const nothing = { overrides: undefined, origin: undefined, workspaces: undefined };
    this.expansion.places.push({ name, count, after, task, ...nothing });
  }
}

const isPipeline = (task: PipelineTask): boolean =>
  objectOf(task.pipelineRef) !== undefined || objectOf(task.pipelineSpec) !== undefined;

const endOf = (path: string, task: PipelineTask): string => (isPipeline(task) ? `${path}/<end>` : path);

const handedDown = (task: PipelineTask, values: Values): Param[] =>
  objectsOf(task.params).map(({ name, value }) => ({
    ...(name !== undefined && { name }),
    ...(value !== undefined && { value: resolved(value, values) }),
  }));

/** What is put in beside parameters. Source: Tekton's apply.go, ApplyContexts and ApplyWorkspaces. */
function knownOf({ metadata, spec }: PlannedRun, pipeline: PipelineSpec): ReadonlyMap<string, string> {
  const { name, namespace, uid } = objectOf(metadata) ?? {};
  const known = new Map<string, string>();
  // That of an embedded one is the run's; a resolver brings its own.
  const reference = objectOf(spec?.pipelineRef);
  const pipelineName = reference === undefined ? name : textOf(reference.name);
  if (textOf(pipelineName)) known.set("context.pipeline.name", pipelineName!);
  for (const [key, value] of Object.entries({ name, namespace, uid })) {
    if (textOf(value)) known.set(`context.pipelineRun.${key}`, value!);
  }
  for (const workspace of objectsOf(pipeline.workspaces))
    known.set(`workspaces.${workspace.name}.bound`, "false");
  for (const workspace of objectsOf(spec?.workspaces))
    known.set(`workspaces.${workspace.name}.bound`, "true");
  return known;
}

export const expand = (run: PlannedRun, definitions: Definitions): Expansion =>
  new Expander(definitions).run(run);
