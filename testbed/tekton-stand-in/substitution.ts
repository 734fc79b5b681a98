/** Replacing of `$(…)` references in specs, the way Tekton does it. */
import type { Param, ParamSpec, ParamValue } from "./types";

/** What stands between `$(` and `)`, and the value that comes in its place. */
export type Replacements = Map<string, ParamValue>;

const reference = /\$\(([^()$]+)\)/g;
const wholeReference = /^\$\(([^()$]+)\)$/;

/** References of the text that start with the prefix, without `$(` and `)`. */
export function references(text: string, prefix: string): string[] {
  return [...text.matchAll(reference)].map(match => match[1]!).filter(name => name.startsWith(prefix));
}

/** Adds `prefix.name`, `prefix["name"]`, `prefix['name']`, and the indices, keys and the star of a list or object. */
function add(replacements: Replacements, prefix: string, name: string, value: ParamValue): void {
  for (const key of [`${prefix}.${name}`, `${prefix}["${name}"]`, `${prefix}['${name}']`]) {
    replacements.set(key, value);
    if (typeof value === "string") continue;
    replacements.set(`${key}[*]`, value);
    if (Array.isArray(value)) value.forEach((item, index) => replacements.set(`${key}[${index}]`, item));
    else for (const [field, item] of Object.entries(value)) replacements.set(`${key}.${field}`, item);
  }
}

/** References to parameters: what is given, else the default that is declared. */
export function paramReplacements(declared: ParamSpec[] = [], given: Param[] = []): Replacements {
  const replacements: Replacements = new Map();
  const values = new Map<string, ParamValue>();
  for (const { name, default: value } of declared) if (value !== undefined) values.set(name, value);
  for (const { name, value } of given) {
    const before = values.get(name);
    const objects = [before, value].every(item => typeof item === "object" && !Array.isArray(item));
    values.set(name, objects ? { ...(before as object), ...(value as object) } : value);
  }
  for (const [name, value] of values) add(replacements, "params", name, value);
  return replacements;
}

/** Names of declared parameters that have neither a value nor a default. */
export function missingParams(declared: ParamSpec[] = [], given: Param[] = []): string[] {
  const names = new Set(given.map(param => param.name));
  return declared
    .filter(param => param.default === undefined && !names.has(param.name))
    .map(param => param.name);
}

/** Both; where both know a reference, the first one's value counts. */
export const united = (first: Replacements, second: Replacements): Replacements =>
  new Map([...second, ...first]);

function inText(text: string, replacements: Replacements): ParamValue {
  const whole = wholeReference.exec(text);
  const value = whole && replacements.get(whole[1]!);
  if (value !== null && value !== undefined) return value;
  return text.replaceAll(reference, (match, name: string) => {
    const replacement = replacements.get(name);
    return typeof replacement === "string" ? replacement : match;
  });
}

/**
 * The JSON value with every known reference replaced. A list item that is a whole list (`$(params.x[*])`)
 * becomes its items. Unknown references stay as they are.
 */
export function substitute<T>(node: T, replacements: Replacements): T {
  if (typeof node === "string") return inText(node, replacements) as T;
  if (Array.isArray(node)) return node.flatMap((item: unknown) => substitute(item, replacements)) as T;
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, substitute(value as unknown, replacements)]),
  ) as T;
}

/** The same with texts alone, in keys too: a reference to a list stays. */
export function substituteTexts<T>(node: T, replacements: Replacements): T {
  const texts: Replacements = new Map([...replacements].filter(([, value]) => typeof value === "string"));
  const inside = (item: unknown): unknown => {
    if (typeof item === "string") return inText(item, texts);
    if (Array.isArray(item)) return item.map(inside);
    if (typeof item !== "object" || item === null) return item;
    return Object.fromEntries(
      Object.entries(item).map(([key, value]) => [inText(key, texts), inside(value)]),
    );
  };
  return inside(node) as T;
}
