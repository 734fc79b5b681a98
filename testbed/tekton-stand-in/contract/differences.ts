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

interface State {
  text: string;
  /** Milliseconds until the next one. */
  lasted: number;
}

/** A state that ended sooner may pass unseen when the machine is busy for as long. */
const briefMilliseconds = 4_000;

/** The states that an object went through, each once as long as it lasts. */
function statesOf(timeline: Moment[], object: string): State[] {
  const states: (State & { ms: number })[] = [];
  for (const moment of timeline.filter(item => item.object === object)) {
    const { ms, object: _object, event, ...state } = moment;
    const text = event === "DELETED" ? "deleted" : JSON.stringify(state);
    const last = states.at(-1);
    if (text === last?.text) continue;
    if (last) last.lasted = ms - last.ms;
    states.push({ text, lasted: Infinity, ms });
  }
  return states;
}

/** Brief states of the recording that an object did not go through here, as "Kind/name: state". */
export function missedStates(recorded: Recording, here: Recording): string[] {
  return Object.keys(recorded.objectsAsCreated).flatMap(name => {
    const seen = new Set(statesOf(here.timeline, name).map(({ text }) => text));
    return statesOf(recorded.timeline, name)
      .filter(({ text, lasted }) => lasted < briefMilliseconds && !seen.has(text))
      .map(({ text }) => `${name}: ${text}`);
  });
}

/** Brief ones that were missed are left out: see `missedStates`. */
function stateDifferences(name: string, recorded: Recording, here: Recording): string[] {
  const missed = new Set(missedStates(recorded, here));
  const before = statesOf(recorded.timeline, name).map(({ text }) => text);
  const now = statesOf(here.timeline, name).map(({ text }) => text);
  const expected = before.filter(text => !missed.has(`${name}: ${text}`));
  return valueDifferences(`${name}: states`, expected, now);
}

/**
 * Everything in which `here` is not as `recorded`, but for `missedStates`. Both must be normalised.
 *
 * @param file named at the beginning of each line
 */
export function differences(file: string, recorded: Recording, here: Recording): string[] {
  const names = new Set([...Object.keys(recorded.objectsAsCreated), ...Object.keys(here.objectsAsCreated)]);
  const perObject = [...names].flatMap(name => {
    const [before, now] = [recorded.objectsAsCreated[name], here.objectsAsCreated[name]];
    if (!now) return [`${name}: recorded, and not here`];
    if (!before) return [`${name}: here, and not recorded`];
    return [...valueDifferences(name, before, now), ...stateDifferences(name, recorded, here)];
  });
  return [...perObject, ...waveProblems(recorded, here)].map(line => `${file}: ${line}`);
}
