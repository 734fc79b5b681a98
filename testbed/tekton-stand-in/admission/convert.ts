/**
 * Conversion between tekton.dev/v1beta1, which is served, and v1, which is stored.
 *
 * As in Tekton, what only one version knows is lost on the way: `managedBy` of a run, and
 * `pipelineSpec` and `pipelineRef` of a pipeline task, do not survive v1beta1.
 */
import { v1, v1beta1 } from "../keys";
import type { Json } from "../types";
import { compact, withDefaults, type Defaultable } from "./defaults";

type Convert = (value: Json) => Json;
export interface Convertible extends Defaultable {
  apiVersion: string;
  status?: Json;
}

/** The same fields under other names; a field whose new name is null is dropped. */
function rename(object: Json, names: Record<string, string | null>): Json {
  const entries = Object.entries(object).map(([key, value]) => [key in names ? names[key] : key, value]);
  return Object.fromEntries(entries.filter(([key]) => key !== null && key !== undefined));
}

/** The object with `convert` applied to those of its fields that are there, one value or a list of them. */
function inside(object: Json, fields: string[], convert: Convert): Json {
  const changed = { ...object };
  for (const field of fields) {
    const value = object[field];
    if (Array.isArray(value)) changed[field] = value.map(convert);
    else if (value) changed[field] = convert(value as Json);
  }
  return changed;
}

const swap = (names: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(names).map(([from, to]) => [to, from]));

const resources = { resources: "computeResources" };
const overrideNames = { stepOverrides: "stepSpecs", sidecarOverrides: "sidecarSpecs" };
const taskRunSpecNames = { taskServiceAccountName: "serviceAccountName", taskPodTemplate: "podTemplate" };
const lostInPipelineTask = { pipelineSpec: null, pipelineRef: null };

/** The converters of one direction, from the renaming of fields that it does. */
function converters(direct: (names: Record<string, string>) => Record<string, string>) {
  const container: Convert = value => rename(value, direct(resources));
  const taskSpec: Convert = spec => inside(spec, ["steps", "sidecars", "stepTemplate"], container);
  const pipelineTask: Convert = task => inside(rename(task, lostInPipelineTask), ["taskSpec"], taskSpec);
  const pipelineSpec: Convert = spec => inside(spec, ["tasks", "finally"], pipelineTask);
  const names = direct(overrideNames);
  const overrides: Convert = spec => inside(rename(spec, names), Object.values(names), container);
  const taskRunSpecItem: Convert = item => overrides(rename(item, direct(taskRunSpecNames)));
  const taskRunSpec: Convert = spec =>
    inside(overrides(rename(spec, { managedBy: null })), ["taskSpec"], taskSpec);
  return { taskSpec, pipelineSpec, taskRunSpecItem, taskRunSpec };
}

const up = converters(names => names);
const down = converters(swap);

function pipelineRunUp(spec: Json): Json {
  const { serviceAccountName, podTemplate, timeout, ...rest } = spec;
  const converted = inside(
    inside(rest, ["pipelineSpec"], up.pipelineSpec),
    ["taskRunSpecs"],
    up.taskRunSpecItem,
  );
  return compact({
    ...converted,
    timeouts: timeout ? { pipeline: timeout } : rest["timeouts"],
    taskRunTemplate: compact({ serviceAccountName, podTemplate }),
  });
}

function pipelineRunDown(spec: Json): Json {
  const { taskRunTemplate, managedBy: _lost, ...rest } = spec;
  const { serviceAccountName, podTemplate } = (taskRunTemplate ?? {}) as Json;
  const converted = inside(
    inside(rest, ["pipelineSpec"], down.pipelineSpec),
    ["taskRunSpecs"],
    down.taskRunSpecItem,
  );
  return compact({ ...converted, serviceAccountName, podTemplate });
}

const specUp: Record<string, Convert> = {
  PipelineRun: pipelineRunUp,
  TaskRun: up.taskRunSpec,
  Pipeline: up.pipelineSpec,
  Task: up.taskSpec,
};
const specDown: Record<string, Convert> = {
  PipelineRun: pipelineRunDown,
  TaskRun: down.taskRunSpec,
  Pipeline: down.pipelineSpec,
  Task: down.taskSpec,
};

function status(kind: string, value: Json, toV1: boolean): Json {
  const results = { [kind === "PipelineRun" ? "pipelineResults" : "taskResults"]: "results" };
  const way = toV1 ? up : down;
  const specs = inside(inside(value, ["pipelineSpec"], way.pipelineSpec), ["taskSpec"], way.taskSpec);
  return rename(specs, toV1 ? results : swap(results));
}

/**
 * An object in another version of the API.
 *
 * @throws Error for a kind or a version that is not served in two versions
 */
export function convert(object: Convertible, apiVersion: string): Convertible {
  if (object.apiVersion === apiVersion) return object;
  const toV1 = apiVersion === v1;
  const change = (toV1 ? specUp : specDown)[object.kind];
  if (!change || ![v1, v1beta1].includes(apiVersion) || ![v1, v1beta1].includes(object.apiVersion)) {
    throw new Error(`no conversion of ${object.kind} from ${object.apiVersion} to ${apiVersion}`);
  }
  const converted: Convertible = { ...object, apiVersion, spec: change(object.spec ?? {}) };
  if (object.kind.endsWith("Run")) converted.status = status(object.kind, object.status ?? {}, toV1);
  return converted;
}

/** Tekton's defaults for an object of either version, which it keeps. */
export function defaulted(object: Convertible): Convertible {
  if (object.apiVersion === v1 || object.kind === "CustomRun") return withDefaults(object);
  const { status: _unused, ...result } = convert(withDefaults(convert(object, v1)), v1beta1);
  return object.status === undefined ? result : { ...result, status: object.status };
}
