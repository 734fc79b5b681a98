/**
 * Reading of objects whose shape nobody has checked: admission sees a run before Tekton does. What has not the
 * expected shape reads as absent; saying so is Tekton's part, which refuses such a run.
 */

export const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const objectOf = <T extends object>(value: T | undefined): T | undefined =>
  isObject(value) ? value : undefined;

/** Those items of a list that are objects. */
export const objectsOf = <T extends object>(value: readonly T[] | undefined): T[] =>
  Array.isArray(value) ? value.filter((item): item is T => isObject(item)) : [];

export const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** Those items of a list that are texts. */
export const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];

export const entriesOf = <T>(value: Readonly<Record<string, T>> | undefined): [string, T][] =>
  isObject(value) ? Object.entries(value) : [];

/** What a value reads as in a text; of what is no plain value, nothing. `String` would fail on an odd object. */
export const writtenOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? `${value}` : "";
