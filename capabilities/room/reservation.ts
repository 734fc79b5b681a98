/** How much room a placeholder keeps for its run: what it asks for at first, and how that is handed over. */
import { MOST_ARCS_VISITED } from "../demand/limits";
import { noteOnUncountable, noteOnUpperBounds } from "../demand/notes";
import { firstWave, peakDemand } from "../demand/peak";
import { parseRequests } from "../demand/requests";
import {
  amountOf,
  difference,
  EPHEMERAL_STORAGE,
  exceeds,
  maximum,
  minimum,
  NOTHING,
  sum,
  toQuantities,
  type Resources,
} from "../demand/resources";
import type { PlannedTask, TaskGraph } from "../demand/task-graph";
import { HOSTNAME_TOPOLOGY } from "../keys";
import { COMPUTED, type Choices } from "../choices/choices";
import { withinBounds, type NamespaceBounds } from "./namespace-bounds";

/** Written on the placeholder's StatefulSet, so that any process can go on from it. */
export interface Reservation {
  /** What the placeholder asks for until it has its node. */
  ask: Resources;
  /** What it never goes below. */
  floor: Resources;
  /** What the tasks that start at once ask for together. */
  firstWave: Resources;
  /** Tasks, as far as the room that is still needed falls when they end; none when it does not. */
  tasks: PlannedTask[];
  /** What it cannot give up, because of a LimitRange, and what the run needs room beside; none when it is not there. */
  beside?: Resources;
  /** Resources that it never takes back, because of a quota; none when it is not there. */
  scarce?: string[];
  /** A quota had no room for all that it needs; none when it had. */
  capped?: Capped;
  /** It was found to need more than was known when its node was chosen. */
  isRevised?: true;
}

/** Others hold what a quota allows. When they are gone, it may ask for more. */
export interface Capped {
  peak: Resources;
  /** When the quota was last asked (RFC 3339), and how often that came to nothing; none before the first time. */
  askedAt?: string;
  tries?: number;
}

export interface Reserving {
  reservation: Reservation;
  /** The first of the notes, where the placeholder asks for more than it always does. */
  asks: string | undefined;
  /** Sentences for people: what the placeholder asks for, why, and why it is not more. */
  notes: string[];
}

/** Characters of a reservation, as text, that fit well into an object's annotations (256 KiB for all). */
const LONGEST_TEXT = 128 * 1024;

const listed = (resources: Resources): string =>
  Object.entries(toQuantities(resources))
    .map(([name, quantity]) => `${name} ${quantity}`)
    .join(", ");

interface Wanted {
  peak: Resources;
  firstWave: Resources;
  tasks: PlannedTask[];
  why: string;
  /** What has to be known of the amounts. */
  notes: string[];
}

const MOST_NAMES = 5;
const shown = (names: readonly string[]): string =>
  names.slice(0, MOST_NAMES).join(", ") +
  (names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "");

/** @param tasks by resource, those that ask for the most of it at once */
function momentsOf(tasks: Readonly<Record<string, string[]>>): string {
  const all = Object.entries(tasks);
  const [, first = []] = all[0] ?? [];
  if (all.every(([, names]) => shown(names) === shown(first))) return `its widest moment (${shown(first)})`;
  return `its widest moments (${all.map(([resource, names]) => `${resource}: ${shown(names)}`).join("; ")})`;
}

function wanted(graph: TaskGraph, choices: Choices, mostVisited: number): Wanted | undefined {
  if (choices.reservation === "none") return undefined;
  if (choices.requests !== COMPUTED) {
    const peak = parseRequests(choices.requests);
    return {
      peak,
      firstWave: minimum(firstWave(graph), peak),
      tasks: [],
      why: "as its annotation says",
      notes: [],
    };
  }
  if (graph.tasks.length === 0) return undefined;
  if (choices["topology-key"] !== HOSTNAME_TOPOLOGY) {
    // Over several nodes nobody can keep room for all: the largest pod is one node's worth.
    const largest = maximum(...graph.tasks.map(({ each }) => each));
    return {
      peak: largest,
      firstWave: largest,
      tasks: [],
      why: "its largest pod, as its pods may use several nodes",
      notes: [],
    };
  }
  const { peak, tasks, upperBounds } = peakDemand(graph, new Map(), mostVisited);
  return {
    peak,
    firstWave: firstWave(graph),
    tasks: graph.tasks,
    why: momentsOf(tasks),
    notes: [...noteOnUpperBounds(upperBounds), ...noteOnUncountable(peak)],
  };
}

/** Zero amounts say nothing. */
const positive = (resources: Resources): Resources =>
  Object.fromEntries(Object.entries(resources).filter(([, amount]) => amount > 0));

/**
 * @param floor what a placeholder asks for at least: cpu and memory
 * @param bounds what the namespace allows one more pod
 * @param overhead what the placeholder's runtime class adds
 * @param mostVisited how much of the graph is looked at
 */
export function reservationFor(
  graph: TaskGraph,
  choices: Choices,
  floor: Resources,
  bounds: NamespaceBounds,
  overhead: Resources = NOTHING,
  mostVisited = MOST_ARCS_VISITED,
): Reserving {
  const want = wanted(graph, choices, mostVisited);
  const peak = positive(want?.peak ?? NOTHING);
  // A LimitRange may give this to a container that does not ask for any: it has to ask for none expressly.
  const least = Object.hasOwn(peak, EPHEMERAL_STORAGE) ? { ...floor, [EPHEMERAL_STORAGE]: 0 } : floor;
  const bounded = withinBounds(maximum(peak, floor), peak, least, bounds, overhead);
  const reservation: Reservation = {
    ask: bounded.ask,
    floor: bounded.floor,
    firstWave: want?.firstWave ?? NOTHING,
    tasks: want?.tasks ?? [],
    ...(Object.keys(bounded.beside).length > 0 && { beside: bounded.beside }),
    ...(bounded.scarce.length > 0 && { scarce: bounded.scarce }),
    ...(bounded.isCappedByQuota && { capped: { peak } }),
  };
  // A run that asks for nothing has nothing to be told of.
  const asksForMore = want !== undefined && exceeds(bounded.ask, bounded.floor).length > 0;
  const kept =
    Object.keys(bounded.beside).length > 0
      ? `, and ${listed(bounded.beside)} that a LimitRange keeps it from giving up`
      : "";
  const asks = asksForMore
    ? `The placeholder asks for ${listed(bounded.ask)}: ${want!.why}${kept}.`
    : undefined;
  const notes = [
    ...(asks === undefined ? [] : [asks]),
    ...(want?.notes ?? []),
    ...graph.notes,
    ...(want ? bounded.notes : []),
  ];
  return { reservation: withoutTooManyTasks(reservation), asks, notes };
}

/**
 * The reservation as far as quotas allow it now: what others held of them may be free. It never asks for less for that.
 *
 * @param bounds as if the run had used nothing of them
 * @returns with sentences for people, if that is news
 */
export function cappedAgain(
  before: Reservation,
  bounds: NamespaceBounds,
  overhead: Resources,
  now: Date,
): { reservation: Reservation; notes: string[] } {
  const { capped, scarce: _, ...kept } = before;
  const { peak, tries = 0 } = capped!;
  const wanted = maximum(peak, before.ask);
  const bounded = withinBounds(wanted, peak, before.floor, bounds, overhead);
  // What cannot be resized stays as it was found.
  const ask = { ...before.ask, ...resizable(maximum(before.ask, bounded.ask)) };
  const reservation: Reservation = { ...kept, ask };
  if (bounded.scarce.length > 0) reservation.scarce = bounded.scarce;
  if (bounded.isCappedByQuota) reservation.capped = { peak, askedAt: now.toISOString(), tries: tries + 1 };
  const asksForMore = exceeds(ask, before.ask).length > 0;
  const news = `A quota has room for more now: the placeholder may ask for ${listed(ask)}.`;
  return { reservation, notes: asksForMore ? [news, ...bounded.notes] : [] };
}

/** Doubled with each that came to nothing. */
const FIRST_PAUSE_SECONDS = 30;
const LONGEST_PAUSE_SECONDS = 600;

/**
 * @param since when its node was found, in milliseconds of the epoch
 * @returns when quotas may be asked again, likewise; Infinity where none is in the way
 */
export function capAskedAgainAt({ capped }: Reservation, since: number): number {
  if (capped === undefined) return Infinity;
  const askedAt = Date.parse(capped.askedAt ?? "");
  // Whatever stands there, nobody asks without a pause.
  const tries = Number.isInteger(capped.tries) ? capped.tries! : 0;
  const pause = Math.min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** Math.max(0, Math.min(tries, 10)));
  return (Number.isNaN(askedAt) ? since : askedAt) + pause * 1000;
}

function withoutTooManyTasks(reservation: Reservation): Reservation {
  return JSON.stringify(reservation).length <= LONGEST_TEXT ? reservation : { ...reservation, tasks: [] };
}

/** What of a run is under way. */
export interface Progress {
  /** By task: how many of its pods have ended for good. */
  ended: ReadonlyMap<string, number>;
  /** What its live pods ask for, and those that its started tasks have yet to make. */
  held: Resources;
}

/** What was worked out last: of a run that goes, most looks find the same tasks ended. */
const latest = new WeakMap<Reservation, { ended: string; needed: Resources }>();

/** What the run may still need at once beside what cannot be given up, of all resources: its live pods count among it. */
export function neededBy(reservation: Reservation, { ended: counts }: Progress): Resources {
  const { ask, tasks, beside = NOTHING } = reservation;
  if (tasks.length === 0) return ask;
  const ended = JSON.stringify([...counts]);
  const known = latest.get(reservation);
  if (known?.ended === ended) return known.needed;
  const needed = minimum(ask, sum(peakDemand({ tasks, notes: [] }, counts).peak, beside));
  latest.set(reservation, { ended, needed });
  return needed;
}

/** How large the placeholder should be, in cpu and memory: what the run may still need beside its pods. */
export function sizeBeside(reservation: Reservation, progress: Progress): Resources {
  return resizable(maximum(difference(neededBy(reservation, progress), progress.held), reservation.floor));
}

/** The same, for a placeholder that asks for `asked` now: what is scarce only goes down. */
export function sizeFrom(asked: Resources, reservation: Reservation, progress: Progress): Resources {
  const size = sizeBeside(reservation, progress);
  const isScarce = (name: string): boolean => reservation.scarce?.includes(name) === true;
  return Object.fromEntries(
    Object.entries(size).map(([name, amount]) => [
      name,
      isScarce(name) ? Math.min(amount, asked[name] ?? 0) : amount,
    ]),
  );
}

/** The size at which the run may start: room for its first pods is free. */
export function sizeAtRelease(reservation: Reservation): Resources {
  return sizeBeside(reservation, { ended: new Map(), held: reservation.firstWave });
}

/** What it looks for at another node counts as asked for, so that devices among it are handed over as well. */
export function withAsk(reservation: Reservation, ask: Resources | undefined): Reservation | undefined {
  if (ask === undefined || exceeds(ask, reservation.ask).length === 0) return undefined;
  return { ...reservation, ask: maximum(reservation.ask, ask) };
}

/**
 * The reservation, never below what a LimitRange demands that has come or risen since.
 *
 * @returns undefined when it is not below that
 */
export function withFloor(reservation: Reservation, least: Resources): Reservation | undefined {
  const known = Object.fromEntries(RESIZABLE.map(name => [name, amountOf(least, name)]));
  if (exceeds(known, reservation.floor).length === 0) return undefined;
  const floor = maximum(reservation.floor, known);
  return { ...reservation, floor, ask: maximum(reservation.ask, floor) };
}

/** The only resources that Kubernetes resizes in place. */
export const RESIZABLE = ["cpu", "memory"] as const;
export const isResizable = (resource: string): boolean => RESIZABLE.includes(resource as "cpu");

/** What a pod asks for that is only given free by a new pod in its place. */
export const fixedIn = (asked: Resources, { ask, floor }: Reservation): string[] =>
  exceeds(asked, floor).filter(name => !isResizable(name) && amountOf(ask, name) > 0);

export const resizable = (resources: Resources): Resources =>
  Object.fromEntries(RESIZABLE.map(name => [name, resources[name] ?? 0]));

/** @returns undefined for text that this operator did not write */
export function parseReservation(text: string | undefined): Reservation | undefined {
  if (text === undefined) return undefined;
  try {
    const {
      ask,
      floor,
      firstWave: first,
      tasks,
      beside,
      scarce,
      capped,
      isRevised,
    } = JSON.parse(text) as Partial<Reservation>;
    if (!ask || !floor || !first || !Array.isArray(tasks)) return undefined;
    const reservation: Reservation = { ask, floor, firstWave: first, tasks };
    if (beside) reservation.beside = beside;
    if (Array.isArray(scarce)) reservation.scarce = scarce;
    if (capped?.peak) reservation.capped = capped;
    if (isRevised === true) reservation.isRevised = true;
    return reservation;
  } catch {
    return undefined;
  }
}
