/** What people are told about a run's tasks. */
import type { Expansion } from "./expansion";
import { toQuantities, type InvalidQuantity, type Resources } from "./resources";

/** A note is part of an Event, which holds 1,024 bytes. */
const MOST_NAMES = 10;

function listed(names: readonly string[]): string {
  const left = names.length - MOST_NAMES;
  return names.slice(0, MOST_NAMES).join(", ") + (left > 0 ? ` and ${left} more` : "");
}

function amounts(resources: Resources): string {
  const entries = Object.entries(toQuantities(resources));
  return entries.length === 0 ? "nothing" : entries.map(([name, amount]) => `${name}=${amount}`).join(",");
}

export function notesOn({ problem, unread, guessed }: Expansion, unknownTask: Resources): string[] {
  const notes: string[] = [];
  if (problem !== undefined) notes.push(`Tekton will refuse the pipeline: ${problem}.`);
  if (unread.length > 0) {
    const names = listed(unread.map(({ name, why }) => `${name} (${why})`));
    notes.push(`Not known in advance, each counted as ${amounts(unknownTask)}: ${names}.`);
  }
  if (guessed.length > 0) {
    notes.push(`An array of the matrix is another task's result, counted as one item: ${listed(guessed)}.`);
  }
  return notes;
}

/** @param tasks names, with the quantity of each that does not parse */
export function noteOnQuantities(
  tasks: { name: string; error: InvalidQuantity }[],
  counted: Resources,
): string[] {
  if (tasks.length === 0) return [];
  const names = listed(tasks.map(({ name, error }) => `${name} (${error.found})`));
  return [`Not a quantity that Kubernetes takes, each task counted as ${amounts(counted)}: ${names}.`];
}
