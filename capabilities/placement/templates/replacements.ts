/**
 * What `$(params.x)` in a pod template stands for: the TaskRun's params and the Task's defaults, and nothing of the run.
 * Source: getTaskParameters and ApplyPodTemplateReplacements in Tekton's pkg/reconciler/taskrun/resources/apply.go.
 */
import type { Param, ParamSpec, ParamValue } from "../../demand/pipeline-spec";
import { isObject, objectsOf, textOf } from "../../demand/untrusted";

/** By what stands between `$(` and `)`. */
export type Replacements = ReadonlyMap<string, string>;

const REFERENCES: ((name: string) => string)[] = [
  name => `params.${name}`,
  name => `params[${JSON.stringify(name)}]`,
  name => `params['${name}']`,
  name => `inputs.params.${name}`,
];

function add(replacements: Map<string, string>, name: string, value: ParamValue): void {
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      for (const reference of REFERENCES) replacements.set(`${reference(name)}[${index}]`, String(item));
    });
  } else if (isObject(value)) {
    for (const [key, text] of Object.entries(value)) replacements.set(`params.${name}.${key}`, String(text));
  } else {
    for (const reference of REFERENCES) replacements.set(reference(name), String(value));
  }
}

const REFERENCE = /\$\(([^()$]+)\)/g;
const PARAMETER = /\$\(params[.[]/;

/** What stands between `$(` and `)` anywhere in it. */
export function referencesIn(value: unknown): string[] {
  if (typeof value === "string") return [...value.matchAll(REFERENCE)].map(([, reference]) => reference!);
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  return isObject(value) ? Object.entries(value).flatMap(entry => referencesIn(entry)) : [];
}

const PARAM_REFERENCE = /^(inputs\.)?params[.[]/;
/** Whether a Task may declare it; of all else Tekton puts nothing into a pod template. */
export const isParam = (reference: string): boolean => PARAM_REFERENCE.test(reference);

/** All in one pass: what a value refers to in turn stays as it is. */
export function replaced(text: string, replacements: Replacements): string {
  return text.replace(REFERENCE, (whole, reference: string) => replacements.get(reference) ?? whole);
}

/** A default may refer to defaults before it, and not to what is given. */
function addDefaults(replacements: Map<string, string>, declared: readonly ParamSpec[] | undefined): void {
  const defaults = objectsOf(declared).flatMap(({ name, default: value }): [string, ParamValue][] =>
    textOf(name) !== undefined && value !== undefined && value !== null ? [[name!, value]] : [],
  );
  const refers = ([, value]: [string, ParamValue]): boolean =>
    typeof value === "string" && PARAMETER.test(value);
  for (const [name, value] of defaults.filter(item => !refers(item))) add(replacements, name, value);
  for (const [name, value] of defaults.filter(refers)) {
    const text = replaced(value as string, replacements);
    if (text !== value) add(replacements, name, text);
  }
}

/**
 * @param declared params of the Task
 * @param given params of the TaskRun; of a name that is given twice the last counts
 */
export function replacementsOf(
  declared: readonly ParamSpec[] | undefined,
  given: readonly Param[] | undefined,
): Replacements {
  const replacements = new Map<string, string>();
  addDefaults(replacements, declared);
  for (const { name, value } of objectsOf(given)) {
    if (textOf(name) !== undefined && value !== undefined && value !== null) add(replacements, name!, value);
  }
  return replacements;
}

/** Every text in it replaced, those of keys too, as Tekton does field by field. */
export function replacedIn<T>(value: T, replacements: Replacements): T {
  if (replacements.size === 0) return value;
  if (typeof value === "string") return replaced(value, replacements) as T;
  if (Array.isArray(value)) return value.map(item => replacedIn<unknown>(item, replacements)) as T;
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      replaced(key, replacements),
      replacedIn<unknown>(inner, replacements),
    ]),
  ) as T;
}
