/**
 * What could not be known of a run when its placeholder was made, and is known now. What a resolver brings as a pipeline
 * stands in the status of the run that Tekton makes of it; what it brings as a task, its pods say themselves.
 */
import { UNREAD_PIPELINE } from "../demand/expand";
import { peakDemand } from "../demand/peak";
import { exceeds, maximum, NOTHING, sum, type Resources } from "../demand/resources";
import type { PlannedTask } from "../demand/task-graph";
import { pathOf, prefixesOf } from "./paths";
import { podRequests } from "./pod-requests";
import type { Seen } from "./progress";
import type { Reservation } from "./reservation";

const unknownIn = (tasks: readonly PlannedTask[]): PlannedTask[] =>
  tasks.filter(({ isUnknown }) => isUnknown === true);

/**
 * Tasks of the reservation of which nothing was known, and that are pipelines which Tekton has resolved by now.
 * Source: Tekton's pkg/reconciler/pipelinerun/pipelinerun.go, storePipelineSpecAndMergeMeta: once, before its tasks start.
 */
export function resolvedPipelines(seen: Seen, { tasks }: Reservation): string[] {
  const unknown = unknownIn(tasks);
  if (unknown.length === 0) return [];
  const prefixes = prefixesOf(seen);
  const hasSpec = ({ status }: Seen["run"]): boolean => status?.pipelineSpec !== undefined;
  const resolved = new Set(
    seen.children.filter(hasSpec).map(({ metadata }) => prefixes.get(metadata!.name!)),
  );
  const isResolved = ({ name }: PlannedTask): boolean =>
    name === UNREAD_PIPELINE ? hasSpec(seen.run) : resolved.has(`${name}/`);
  return unknown.filter(isResolved).map(({ name }) => name);
}

/**
 * The reservation with what live pods of unknown tasks ask for, in place of what these were counted as. One that has no
 * node yet may need the room that would be kept for later.
 */
export function withSeenPods(reservation: Reservation, seen: Seen): Reservation {
  const unknown = new Set(unknownIn(reservation.tasks).map(({ name }) => name));
  if (unknown.size === 0 || seen.pods.length === 0) return reservation;
  const prefixes = prefixesOf(seen);
  const asked = new Map<string, Resources>();
  for (const pod of seen.pods) {
    const name = pathOf(pod, prefixes);
    if (name === undefined || !unknown.has(name) || !pod.spec?.nodeName) continue;
    asked.set(name, maximum(asked.get(name) ?? {}, podRequests(pod)));
  }
  if (asked.size === 0) return reservation;
  const tasks = reservation.tasks.map(task => ({ ...task, each: asked.get(task.name) ?? task.each }));
  const needed = sum(peakDemand({ tasks, notes: [] }).peak, reservation.beside ?? NOTHING);
  if (exceeds(needed, reservation.ask).length === 0) return { ...reservation, tasks };
  return { ...reservation, tasks, ask: maximum(reservation.ask, needed), isRevised: true };
}

/** The reservation as it is, of which nobody asks again what was learned. */
export function notAskedAgain(reservation: Reservation, learned: readonly string[]): Reservation {
  const tasks = reservation.tasks.map(task => {
    const { isUnknown: _, ...known } = task;
    return learned.includes(task.name) ? known : task;
  });
  return { ...reservation, tasks };
}

/**
 * The reservation as it was counted anew, for a run that is under way.
 *
 * @param learned names of tasks that were asked for: whatever is known of them now, nobody asks again
 */
export function revised(before: Reservation, counted: Reservation, learned: readonly string[]): Reservation {
  const tasks = counted.tasks.map(task => {
    const { isUnknown, ...known } = task;
    return isUnknown === true && !learned.includes(task.name) ? task : known;
  });
  const { beside: _beside, capped: _capped, ...kept } = before;
  const reservation: Reservation = { ...kept, ask: counted.ask, firstWave: counted.firstWave, tasks };
  // It is part of what is asked for.
  if (counted.beside !== undefined) reservation.beside = counted.beside;
  if (counted.capped !== undefined) reservation.capped = counted.capped;
  const scarce = new Set([...(before.scarce ?? []), ...(counted.scarce ?? [])]);
  if (scarce.size > 0) reservation.scarce = [...scarce];
  if (exceeds(counted.ask, before.ask).length > 0) reservation.isRevised = true;
  return reservation;
}
