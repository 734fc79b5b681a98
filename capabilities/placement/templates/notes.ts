/** What people are told about pod templates that the placeholder does not take over as they are. */
import type { LeftOut } from "./refused";

/** A note is part of an Event, which holds 1,024 bytes. */
const MOST_ITEMS = 3;

function listed(items: readonly string[]): string {
  const all = [...new Set(items)];
  const left = all.length - MOST_ITEMS;
  return all.slice(0, MOST_ITEMS).join("; ") + (left > 0 ? ` and ${left} more` : "");
}

export interface Noted {
  leftOut: readonly (LeftOut & { whose: string })[];
  /** What nodes side by side can meet, and no one node. */
  apart: readonly string[];
  /** Names of RuntimeClasses. */
  unreadClasses: readonly string[];
  areTooMany: boolean;
}

export function leftOutNotes({ leftOut, apart, unreadClasses, areTooMany }: Noted): string[] {
  const of = (why: LeftOut["why"]): string[] =>
    leftOut.filter(item => item.why === why).map(({ what, whose }) => `${what} (${whose})`);
  const [unknown, refused] = [of("unknown"), of("refused")];
  const notes: string[] = [];
  if (unknown.length > 0) {
    notes.push(`Not known in advance, and not looked at when a node is chosen: ${listed(unknown)}.`);
  }
  if (refused.length > 0) notes.push(`Kubernetes will refuse pods of the run: ${listed(refused)}.`);
  if (apart.length > 0) {
    notes.push(
      `The pods need nodes of different kinds, of which the placeholder takes one: ${listed(apart)}.`,
    );
  }
  if (unreadClasses.length > 0) {
    notes.push(`Which nodes these RuntimeClasses demand is not known: ${listed(unreadClasses)}.`);
  }
  if (areTooMany)
    notes.push(
      "The run has more different pod templates, or more in them, than are compared: not all of it counts.",
    );
  return notes;
}
