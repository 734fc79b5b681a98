/** Values of a pipeline's parameters, and what references to them stand for. */
import type { Param, ParamSpec, ParamValue } from "./pipeline-spec";
import { isObject, objectsOf, textOf } from "./untrusted";

export type Values = ReadonlyMap<string, ParamValue>;

/** The value that is given, else the default; keys of an object that are not given come from the default. */
export function valuesOf(declared: ParamSpec[] | undefined, given: Param[] | undefined): Values {
  const values = new Map<string, ParamValue>();
  for (const { name, default: value } of objectsOf(declared)) {
    if (textOf(name) && value !== undefined) values.set(name!, value);
  }
  for (const { name, value } of objectsOf(given)) {
    if (!textOf(name) || value === undefined) continue;
    const before = values.get(name!);
    values.set(name!, isObject(before) && isObject(value) ? { ...before, ...value } : value);
  }
  return values;
}

const REFERENCE = /\$\(([^()$]+)\)/g;
const ONLY_A_REFERENCE = /^\$\(([^()$]+)\)$/;
const PARAMETER = /^params(?:\.([^[\]]+)|\["([^"]+)"\]|\['([^']+)'\])(?:\[(\*|\d+)\])?$/;

/** What stands in `$(…)` may be params.name, params["name"], and with [*], [0] or .key after it. */
function referredTo(reference: string, values: Values): ParamValue | undefined {
  const [, dotted, double, single, index] = PARAMETER.exec(reference) ?? [];
  const name = dotted ?? double ?? single;
  if (name === undefined) return undefined;
  const value = values.get(name);
  if (index === "*") return value;
  if (index !== undefined) return Array.isArray(value) ? value[Number(index)] : undefined;
  if (value !== undefined || dotted === undefined) return typeof value === "string" ? value : undefined;
  const dot = name.lastIndexOf(".");
  const whole = values.get(name.slice(0, dot));
  const key = name.slice(dot + 1);
  return isObject(whole) && Object.hasOwn(whole, key) ? (whole as Record<string, string>)[key] : undefined;
}

/** The text with every reference to a known string put in. */
export function inText(text: string, values: Values): string {
  return text.replace(REFERENCE, (match, reference: string) => {
    const value = referredTo(reference, values);
    return typeof value === "string" ? value : match;
  });
}

/** What a text that is nothing but a reference refers to; of any other text, and of what is not known, the text. */
function wholeValue(text: string, values: Values): ParamValue {
  const reference = ONLY_A_REFERENCE.exec(text)?.[1];
  return (reference === undefined ? undefined : referredTo(reference, values)) ?? inText(text, values);
}

/** An array of which not even the length is known: another task's result. */
const UNKNOWN_ARRAY = "$(unknown[*])";
const isUnknownArray = (value: ParamValue): boolean => typeof value === "string" && value.endsWith("[*])");

/**
 * The items of an array parameter, whole arrays in it (`$(params.x[*])`) spread out.
 *
 * @returns undefined when their number is not known yet
 */
export function itemsOf(value: ParamValue | undefined, values: Values): string[] | undefined {
  const parts = (Array.isArray(value) ? value : [value ?? UNKNOWN_ARRAY]).map(item =>
    wholeValue(String(item), values),
  );
  return parts.some(isUnknownArray) ? undefined : parts.flat().map(String);
}

/** The value with everything put in that is known; what a child pipeline is given. */
export function resolved(value: ParamValue, values: Values): ParamValue {
  if (typeof value === "string") return wholeValue(value, values);
  return Array.isArray(value) ? (itemsOf(value, values) ?? UNKNOWN_ARRAY) : value;
}
