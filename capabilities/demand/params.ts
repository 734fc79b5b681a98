/** What references to a pipeline's parameters stand for. Sources: Tekton's param_types.go and pkg/substitution. */
import type { Allowance } from "./allowance";
import { MOST_ITEMS } from "./limits";
import type { ParamValue } from "./pipeline-spec";
import { entriesOf, isObject, writtenOf } from "./untrusted";

export interface Values {
  byName: Pick<ReadonlyMap<string, ParamValue>, "get">;
  /** What else is put in, by its whole reference: `context.pipelineRun.name`. */
  others?: ReadonlyMap<string, string>;
  /** For what is put together from them. */
  allowance: Allowance;
}

const REFERENCE = /\$\(([^()$]+)\)/g;
const ONLY_A_REFERENCE = /^\$\(([^()$]+)\)$/;
const PARAMETER = /^params(?:\.([^[\]]+)|\["([^"]+)"\]|\['([^']+)'\])(?:\[(\*|\d+)\])?$/;

/** The name of the parameter that is referred to, if it is one. */
function parameterIn(reference: string): { name: string; isDotted: boolean; index?: string } | undefined {
  const [, dotted, double, single, index] = PARAMETER.exec(reference) ?? [];
  const name = dotted ?? double ?? single;
  if (name === undefined) return undefined;
  return { name, isDotted: dotted !== undefined, ...(index !== undefined && { index }) };
}

/** What stands in `$(…)` may be params.name, params["name"], and with [*], [0] or .key after it. */
function referredTo(reference: string, { byName, others }: Values): ParamValue | undefined {
  const parameter = parameterIn(reference);
  if (parameter === undefined) return others?.get(reference);
  const { name, isDotted, index } = parameter;
  const value = byName.get(name);
  if (index === "*") return value;
  if (index !== undefined) return Array.isArray(value) ? value[Number(index)] : undefined;
  if (value !== undefined || !isDotted) return value;
  const dot = name.lastIndexOf(".");
  const whole = byName.get(name.slice(0, dot));
  const key = name.slice(dot + 1);
  return isObject(whole) && Object.hasOwn(whole, key) ? (whole as Record<string, string>)[key] : undefined;
}

/** Names of the parameters that a text refers to. */
export function* parametersIn(text: string): Generator<string> {
  for (const [, reference] of text.matchAll(REFERENCE)) {
    const name = parameterIn(reference!)?.name;
    if (name !== undefined) yield name;
  }
}

/** The text with every reference to a known string put in; as it is, if it is too long or would be. */
export function inText(text: string, values: Values): string {
  let grown = text.length;
  let isReferring = false;
  for (const [written, reference] of text.matchAll(REFERENCE)) {
    const value = referredTo(reference!, values);
    if (typeof value !== "string") continue;
    isReferring = true;
    grown += value.length - written.length;
  }
  if (!isReferring || !values.allowance.takesText(text, Math.max(text.length, grown))) return text;
  return text.replace(REFERENCE, (written, reference: string) => {
    const value = referredTo(reference, values);
    return typeof value === "string" ? value : written;
  });
}

/** What a text that is nothing but a reference refers to; of any other text, and of what is not known, the text. */
export function wholeValue(text: string, values: Values): ParamValue {
  const reference = ONLY_A_REFERENCE.exec(text)?.[1];
  return (reference === undefined ? undefined : referredTo(reference, values)) ?? inText(text, values);
}

/** An array of which not even the length is known: another task's result. */
const UNKNOWN_ARRAY = "$(unknown[*])";
const isUnknownArray = (value: ParamValue): boolean => typeof value === "string" && value.endsWith("[*])");

/** What an array parameter is made of: single items, and whole arrays in it (`$(params.x[*])`) unspread. */
function* partsOf(value: ParamValue | undefined, values: Values): Generator<ParamValue> {
  for (const item of Array.isArray(value) ? value : [value ?? UNKNOWN_ARRAY]) {
    yield wholeValue(writtenOf(item), values);
  }
}

/** How many items an array parameter has, counted without building it; undefined when that is not known yet. */
export function itemCount(value: ParamValue | undefined, values: Values): number | undefined {
  let count = 0;
  for (const part of partsOf(value, values)) {
    if (isUnknownArray(part)) return undefined;
    count += Array.isArray(part) ? part.length : 1;
  }
  return count;
}

/** The items, at most MOST_ITEMS of them; undefined when their number is not known, or too much was built already. */
export function itemsOf(value: ParamValue | undefined, values: Values): string[] | undefined {
  const count = itemCount(value, values);
  if (count === undefined || !values.allowance.takes(8 * Math.min(count, MOST_ITEMS))) return undefined;
  const items: string[] = [];
  for (const part of partsOf(value, values)) {
    for (const item of Array.isArray(part) ? part : [part]) {
      if (items.length === MOST_ITEMS) return items;
      items.push(writtenOf(item));
    }
  }
  return items;
}

/** The value with everything put in that is known; what a child pipeline is given. */
export function resolved(value: ParamValue, values: Values): ParamValue {
  if (typeof value === "string") return wholeValue(value, values);
  if (Array.isArray(value)) return itemsOf(value, values) ?? UNKNOWN_ARRAY;
  return Object.fromEntries(
    entriesOf(value).map(([key, item]) => [key, typeof item === "string" ? inText(item, values) : item]),
  );
}
