/** What differs between two recordings, in words: which object, where in it, what was recorded and what is here. */
import { isDeepStrictEqual } from "node:util";
import { waveProblems } from "./order";
import type { Moment, Recording } from "./recording";

const shown = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value));
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** Paths at which two JSON values differ. */
export function valueDifferences(path: string, recorded: unknown, here: unknown): string[] {
  if (isDeepStrictEqual(recorded, here)) return [];
  if (!isObject(recorded) || !isObject(here) || Array.isArray(recorded) !== Array.isArray(here)) {
    return [`${path}: recorded ${shown(recorded)}, here ${shown(here)}`];
  }
  const keys = new Set([...Object.keys(recorded), ...Object.keys(here)]);
  return [...keys].flatMap(key => valueDifferences(`${path}.${key}`, recorded[key], here[key]));
}

/** The states that an object went through, each once as long as it lasts. */
function statesOf(timeline: Moment[], object: string): string[] {
  const states: string[] = [];
  for (const moment of timeline.filter(item => item.object === object)) {
    const { ms: _ms, object: _object, event, ...state } = moment;
    const text = event === "DELETED" ? "deleted" : JSON.stringify(state);
    if (text !== states.at(-1)) states.push(text);
  }
  return states;
}

/**
 * Everything in which `here` is not as `recorded`. Both must be normalised.
 *
 * @param file named at the beginning of each line
 */
export function differences(file: string, recorded: Recording, here: Recording): string[] {
  const names = new Set([...Object.keys(recorded.objectsAsCreated), ...Object.keys(here.objectsAsCreated)]);
  const perObject = [...names].flatMap(name => {
    const [before, now] = [recorded.objectsAsCreated[name], here.objectsAsCreated[name]];
    if (!now) return [`${name}: recorded, and not here`];
    if (!before) return [`${name}: here, and not recorded`];
    const lives = [statesOf(recorded.timeline, name), statesOf(here.timeline, name)];
    return [
      ...valueDifferences(name, before, now),
      ...valueDifferences(`${name}: states`, ...(lives as [string[], string[]])),
    ];
  });
  return [...perObject, ...waveProblems(recorded, here)].map(line => `${file}: ${line}`);
}
