/** A run's tasks with what each comes after, pipelines in pipelines expanded in their place. */
import type { Expansion, Origin } from "./expansion";
import { definitionsOf, type Lookup } from "./lookup";
import { fanOutOf } from "./matrix";
import { resolved, valuesOf, type Values } from "./params";
import type {
  Definitions,
  Param,
  PipelineSpec,
  PipelineTask,
  PlannedRun,
  TaskRunOverrides,
} from "./pipeline-spec";
import { orderedPipeline, type OrderedPipeline, type OrderedTask } from "./problems";
import { objectOf, objectsOf, textsOf } from "./untrusted";

/** Pipelines in pipelines are expanded so deep, and up to so many tasks in all. */
const DEEPEST = 10;
const MOST_TASKS = 10_000;
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
  overrides: TaskRunOverrides[];
}

class Expander {
  readonly expansion: Expansion = { places: [], missing: [], unread: [], guessed: [], problem: undefined };

  constructor(private readonly definitions: Definitions) {}

  run(run: PlannedRun): Expansion {
    const { pipelineRef, pipelineSpec, params, taskRunSpecs } = objectOf(run.spec) ?? {};
    const resolvedSpec = objectOf(objectOf(run.status)?.pipelineSpec);
    const own = { pipelineRef, pipelineSpec: resolvedSpec ?? pipelineSpec };
    const found = definitionsOf(this.definitions).pipeline(own, new Map());
    const spec = this.specOf(found, UNREAD_PIPELINE);
    if (spec === undefined) {
      this.unread(UNREAD_PIPELINE, 1, []);
      return this.expansion;
    }
    const pipeline = orderedPipeline(spec);
    if (typeof pipeline === "string") return { ...this.expansion, problem: pipeline };
    const around = textsOf([objectOf(pipelineRef)?.name]);
    const values = valuesOf(spec.params, params);
    const overrides = objectsOf(taskRunSpecs);
    this.pipeline(pipeline, { path: "", before: [], values, copies: 1, around, overrides });
    return this.expansion;
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
    for (const item of pipeline.tasks) {
      const after = item.after.map(name => ends.get(name)!);
      this.task(item, frame, after.length > 0 ? after : frame.before);
    }
    const tasksEnd = last.length > 0 ? last : frame.before;
    if (pipeline.finally.length === 0) return tasksEnd;
    const join = this.join(`${frame.path}<tasks>`, tasksEnd);
    for (const item of pipeline.finally) this.task(item, frame, [join]);
    return pipeline.finally.map(({ name, task }) => endOf(frame.path + name, task));
  }

  private task({ name, task }: OrderedTask, frame: Frame, after: string[]): void {
    const path = frame.path + name;
    const fanOut = fanOutOf(task.matrix, frame.values);
    if (fanOut.isGuess) this.expansion.guessed.push(path);
    const count = fanOut.count * frame.copies;
    if (isPipeline(task)) return this.child(task, path, { ...frame, before: after, copies: count });
    const origin = { task, values: frame.values };
    const spec = this.specOf(definitionsOf(this.definitions).task(task, frame.values), path);
    if (spec === undefined) return this.unread(path, count, after, origin);
    const overrides = frame.overrides.findLast(item => item.pipelineTaskName === name);
    this.expansion.places.push({ name: path, count, after, task: spec, overrides, origin });
  }

  /** A pipeline in a pipeline. Tekton hands it no taskRunSpecs. */
  private child(task: PipelineTask, path: string, frame: Frame): void {
    const found = definitionsOf(this.definitions).pipeline(task, frame.values);
    const why = this.whyNotExpanded(found, frame);
    const spec = this.specOf(why === undefined ? found : { why }, path);
    const pipeline = spec && orderedPipeline(spec);
    if (typeof pipeline === "string") this.expansion.unread.push({ name: path, why: pipeline });
    if (spec === undefined || typeof pipeline !== "object") {
      this.unread(path, frame.copies, frame.before);
      this.join(endOf(path, task), [path]);
      return;
    }
    const start = this.join(`${path}/<start>`, frame.before);
    const ends = this.pipeline(pipeline, {
      path: `${path}/`,
      before: [start],
      values: valuesOf(spec.params, handedDown(task, frame.values)),
      copies: frame.copies,
      around: found.name === undefined ? [...frame.around, ""] : [...frame.around, found.name],
      overrides: [],
    });
    this.join(endOf(path, task), ends);
  }

  private whyNotExpanded({ spec, name }: Lookup<PipelineSpec>, { around }: Frame): string | undefined {
    if (name !== undefined && around.includes(name)) return `Pipeline ${name} contains itself`;
    if (around.length >= DEEPEST) return `pipelines in pipelines are followed ${DEEPEST} deep`;
    const size = objectsOf(spec?.tasks).length + objectsOf(spec?.finally).length;
    const isTooLarge = this.expansion.places.length + size > MOST_TASKS;
    return isTooLarge ? `pipelines in pipelines are followed up to ${MOST_TASKS} tasks` : undefined;
  }

  private unread(name: string, count: number, after: string[], origin?: Origin): void {
    this.expansion.places.push({ name, count, after, task: "unread", overrides: undefined, origin });
  }

  /** Saves an edge from every one of many to every one of many others. No task of Tekton's can be named so. */
  private join(name: string, after: string[]): string {
    this.expansion.places.push({
      name,
      count: 0,
      after,
      task: "join",
      overrides: undefined,
      origin: undefined,
    });
    return name;
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

export const expand = (run: PlannedRun, definitions: Definitions): Expansion =>
  new Expander(definitions).run(run);
