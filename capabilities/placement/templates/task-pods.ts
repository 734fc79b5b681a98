/** The tasks that a run makes pods for, and what `$(…)` in the pod template of each pod stands for. */
import type { V1Volume } from "@kubernetes/client-node";
import { expand, UNREAD_PIPELINE } from "../../demand/expand";
import type { Place } from "../../demand/expansion";
import { inText, resolved, type Values } from "../../demand/params";
import type {
  Definitions,
  Param,
  ParamSpec,
  ParamValue,
  PipelineTask,
  PlannedRun,
  TaskRunOverrides,
  TaskSpec,
} from "../../demand/pipeline-spec";
import { isObject, objectOf, objectsOf, textOf } from "../../demand/untrusted";
import type { PipelineRun } from "../../tekton/objects";
import { combinationsOf } from "./matrix-params";
import { replaced, replacementsOf, type Replacements } from "./replacements";

/** Labels that the run's author gives the pods of a task. */
export interface GivenLabels {
  /** By its entry in taskRunSpecs: they count before all others. */
  byRun: Record<string, string>;
  /** By the pipeline's task, or by the embedded one: they count after all others. */
  byTask: Record<string, string>;
}

export interface TaskPods {
  /** With its path in pipelines in pipelines: `child/build`. */
  name: string;
  /** Undefined for pods of a pipeline that is not known. */
  pipelineTask: string | undefined;
  /** Whether it is a task of the run itself, which taskRunSpecs can name. */
  isOfRun: boolean;
  /** Of each of its pods that differ in them. */
  replacements: () => Replacements[];
  /** Whether all of its params are known, so that what has no replacement stays as it is, and is refused. */
  areParamsKnown: boolean;
  labels: GivenLabels;
  /** The Task's own. */
  volumes: readonly V1Volume[];
  /** Names of the run's workspaces that they use; undefined where any may be. */
  workspaces: (() => string[]) | undefined;
}

export interface RunPods {
  tasks: TaskPods[];
  /** Which tasks there are. If not, any that the run's taskRunSpecs name may be among them. */
  areTasksKnown: boolean;
}

/** Where nothing is known of a run but its spec. */
export const NO_DEFINITIONS: Definitions = {
  pipelines: new Map(),
  tasks: new Map(),
  limitRanges: [],
};

/**
 * What Tekton puts into the params of a pipeline's tasks: GetContextReplacements and ApplyPipelineTaskContexts in
 * pkg/reconciler/pipelinerun/resources/apply.go. In a pod template itself it puts none of it.
 */
function contextOf({ metadata, spec }: PipelineRun, retries: unknown): Replacements {
  const { pipelineRef } = (spec ?? {}) as PlannedRun["spec"] & object;
  const context: [string, string | undefined][] = [
    ["context.pipelineRun.name", metadata?.name],
    ["context.pipelineRun.namespace", metadata?.namespace],
    ["context.pipelineRun.uid", metadata?.uid],
    ["context.pipeline.name", textOf(objectOf(pipelineRef)?.name) ?? metadata?.name],
    ["context.pipelineTask.retries", String(Number(retries ?? 0))],
  ];
  return new Map(
    context.flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]])),
  );
}

function valueOf(value: ParamValue, values: Values, context: Replacements): ParamValue {
  const known = isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, text]) => [key, resolved(String(text), values)]))
    : resolved(value, values);
  if (typeof known === "string") return replaced(known, context);
  if (Array.isArray(known)) return known.map(item => replaced(String(item), context));
  return Object.fromEntries(
    Object.entries(known).map(([key, text]) => [key, replaced(String(text), context)]),
  );
}

const paramsOf = (params: Param[] | undefined, values: Values, context: Replacements): Param[] =>
  objectsOf(params).flatMap(({ name, value }) =>
    textOf(name) === undefined || value === undefined || value === null
      ? []
      : [{ name: name!, value: valueOf(value, values, context) }],
  );

const declaredBy = (task: TaskSpec): ParamSpec[] | undefined => (task as { params?: ParamSpec[] }).params;

const TASK_LABEL = "tekton.dev/task";

/** Source: Tekton's pkg/reconciler/pipelinerun/pipelinerun.go, combineTaskRunAndTaskSpecLabels. */
function labelsOf({ taskRef, taskSpec }: PipelineTask, overrides: TaskRunOverrides | undefined): GivenLabels {
  const { metadata } = objectOf(taskSpec) ?? {};
  const task = textOf(objectOf(taskRef)?.name);
  return {
    byRun: { ...objectOf(objectOf(overrides?.metadata)?.labels) },
    byTask: {
      ...objectOf(objectOf(metadata)?.labels),
      ...(task !== undefined && { [TASK_LABEL]: task }),
    },
  };
}

export const NO_LABELS: GivenLabels = { byRun: {}, byTask: {} };

const NO_VOLUMES: readonly V1Volume[] = [];
/** A list that is there is not copied: many tasks may name one Task. */
function volumesOf(task: TaskSpec): readonly V1Volume[] {
  const { volumes } = task as { volumes?: V1Volume[] };
  return Array.isArray(volumes) && volumes.every(isObject) ? volumes : NO_VOLUMES;
}

/**
 * Into an embedded task its pipeline's params are put first, but for those that the pipeline's task gives it under the
 * same name: propagateParams in Tekton's pkg/reconciler/pipelinerun/resources/apply.go.
 */
function propagatedVolumes(
  task: TaskSpec,
  { taskSpec, params }: PipelineTask,
  values: Values,
): readonly V1Volume[] {
  const volumes = volumesOf(task);
  const nameIn = (volume: V1Volume): string =>
    textOf(objectOf(volume.persistentVolumeClaim)?.claimName) ?? "";
  const isReferring = volumes.some(volume => nameIn(volume).includes("$("));
  if (!isReferring || objectOf(taskSpec) === undefined) return volumes;
  const own = new Set(objectsOf(params).map(({ name }) => name));
  const byName: Values["byName"] = {
    get: name => (own.has(name) ? undefined : values.byName.get(name)),
  };
  return volumes.map(volume => {
    const claimName = nameIn(volume);
    if (!claimName.includes("$(")) return volume;
    return { ...volume, persistentVolumeClaim: { claimName: inText(claimName, { ...values, byName }) } };
  });
}

/** Of a pipeline in a pipeline that is not known. */
const childPods = ({ name, workspaces }: Place): TaskPods => ({
  name,
  pipelineTask: undefined,
  isOfRun: false,
  labels: NO_LABELS,
  replacements: () => [new Map()],
  areParamsKnown: false,
  volumes: NO_VOLUMES,
  workspaces,
});

function taskPods(place: Place, run: PipelineRun): TaskPods {
  const { name, task, origin, overrides, workspaces } = place;
  if (origin === undefined) return childPods(place);
  const { task: pipelineTask, values } = origin;
  const isOfRun = !name.includes("/");
  const declared = typeof task === "string" ? undefined : declaredBy(task);
  const replacements = (): Replacements[] => {
    const retries = (pipelineTask as { retries?: number }).retries;
    // The name of a child run is Tekton's to make.
    const context: Replacements = isOfRun ? contextOf(run, retries) : new Map();
    const given = paramsOf(pipelineTask.params, values, context);
    return combinationsOf(pipelineTask.matrix, values).map(combination =>
      replacementsOf(declared, [...paramsOf(combination, values, context), ...given]),
    );
  };
  return {
    name,
    pipelineTask: name.split("/").at(-1),
    isOfRun,
    labels: labelsOf(pipelineTask, overrides),
    replacements,
    areParamsKnown: typeof task !== "string",
    volumes: typeof task === "string" ? NO_VOLUMES : propagatedVolumes(task, pipelineTask, values),
    workspaces,
  };
}

/** What a run makes pods for: its tasks, those under finally and those of pipelines in it. */
export function podsOf(run: PipelineRun, definitions: Definitions = NO_DEFINITIONS): RunPods {
  const places = expand(run as PlannedRun, definitions).places.filter(
    ({ count, task }) => count > 0 && task !== "join" && task !== "custom",
  );
  return {
    tasks: places.filter(({ name }) => name !== UNREAD_PIPELINE).map(place => taskPods(place, run)),
    areTasksKnown: places.every(({ name }) => name !== UNREAD_PIPELINE),
  };
}
