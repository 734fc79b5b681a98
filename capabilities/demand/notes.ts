/** What people are told about a run's tasks. */
import { KEY_PREFIX } from "../keys";
import type { Expansion, Named } from "./expansion";
import { MOST_OF_A_RESOURCE, toQuantities, type Resources } from "./resources";

/** A note is part of an Event, which holds 1,024 bytes. */
const MOST_NAMES = 10;
const LONGEST_REASON = 200;

function listed(names: readonly string[]): string {
  const left = names.length - MOST_NAMES;
  return names.slice(0, MOST_NAMES).join(", ") + (left > 0 ? ` and ${left} more` : "");
}

const withReasons = (items: readonly Named[]): string =>
  listed(items.map(({ name, why }) => `${name} (${why.slice(0, LONGEST_REASON)})`));

function amounts(resources: Resources): string {
  const entries = Object.entries(toQuantities(resources));
  return entries.length === 0 ? "nothing" : entries.map(([name, amount]) => `${name}=${amount}`).join(",");
}

export function notesOn(expansion: Expansion, unknownTask: Resources): string[] {
  const { problem, unread, guessed, cut, allowance } = expansion;
  const notes: string[] = [];
  if (problem !== undefined) notes.push(`Tekton will refuse the pipeline: ${problem}.`);
  if (unread.length > 0) {
    notes.push(`Not known in advance, each counted as ${amounts(unknownTask)}: ${withReasons(unread)}.`);
  }
  if (guessed.length > 0) {
    notes.push(`An array of the matrix is another task's result, counted as one item: ${listed(guessed)}.`);
  }
  if (cut.length > 0) notes.push(`Not all pods are counted: ${withReasons(cut)}.`);
  return [...notes, ...allowance.notes()];
}

/** @param tasks each with what of it cannot be reckoned with */
export function noteOnUnreckonable(label: string, tasks: readonly Named[], counted: Resources): string[] {
  return tasks.length === 0
    ? []
    : [`${label}, each task counted as ${amounts(counted)}: ${withReasons(tasks)}.`];
}

export function noteOnLeftOut(resources: readonly string[], most: number): string[] {
  if (resources.length === 0) return [];
  const names = listed(resources.map(name => name.slice(0, LONGEST_REASON)));
  return [`The run asks for more than ${most} kinds of resources; left out: ${names}.`];
}

export const noteOnRefused = (tasks: readonly Named[]): string[] =>
  tasks.length === 0 ? [] : [`Kubernetes will refuse the pods of ${withReasons(tasks)}.`];

/** @param peak what the run needs at its widest moment */
export function noteOnUncountable(peak: Resources): string[] {
  const names = Object.keys(peak).filter(name => peak[name] === MOST_OF_A_RESOURCE);
  if (names.length === 0) return [];
  return [
    `The run's tasks ask together for more ${listed(names)} than any node has: ${MOST_OF_A_RESOURCE} is counted.`,
  ];
}

/** @param resources of which the peak is an upper bound */
export function noteOnUpperBounds(resources: readonly string[] | undefined): string[] {
  if (resources === undefined) return [];
  return [
    `The run's tasks depend on each other in too many ways to be counted out: of ${listed(resources)} it may need ` +
      `less at once than is reckoned with. The annotation ${KEY_PREFIX}requests says how much it needs.`,
  ];
}
