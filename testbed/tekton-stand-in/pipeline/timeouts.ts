/** When a PipelineRun, its tasks or its final tasks have run for too long. */
import { elapsed, parseDuration } from "../duration";
import type { PipelineRun } from "../types";
import type { TimedOut } from "./state";

/** Limits in milliseconds; undefined and 0 are none. */
export interface Limits {
  pipeline: number;
  tasks: number | undefined;
  finally: number | undefined;
}

const defaultMilliseconds = 3_600_000;

/** The run's limits; that of tasks follows from the others when it is not given, and so does that of finally. */
export function limits(run: PipelineRun): Limits {
  const given = run.spec.timeouts ?? {};
  const of = (text: string | undefined): number | undefined =>
    text === undefined ? undefined : parseDuration(text);
  const pipeline = of(given.pipeline) ?? defaultMilliseconds;
  const [tasks, final] = [of(given.tasks), of(given.finally)];
  const rest = (other: number | undefined): number | undefined =>
    given.pipeline !== undefined && other && pipeline ? pipeline - other : undefined;
  return { pipeline, tasks: tasks ?? rest(final), finally: final ?? rest(tasks) };
}

const passed = (since: string | undefined, limit: number | undefined, now: number): boolean =>
  since !== undefined && Boolean(limit) && elapsed(since, now) > limit!;

/** Which of the run's limits have passed at `now`, milliseconds since the epoch. */
export function timedOut(run: PipelineRun, now: number): TimedOut {
  const limit = limits(run);
  return {
    pipeline: passed(run.status?.startTime, limit.pipeline, now),
    tasks: passed(run.status?.startTime, limit.tasks, now),
    finally: passed(run.status?.finallyStartTime, limit.finally, now),
  };
}

/** Milliseconds until the next of the run's limits passes; undefined when none will. */
export function untilNextLimit(run: PipelineRun, now: number): number | undefined {
  const limit = limits(run);
  const { startTime, finallyStartTime } = run.status ?? {};
  const ends: number[] = [];
  if (startTime && limit.pipeline) ends.push(Date.parse(startTime) + limit.pipeline);
  if (startTime && limit.tasks && !finallyStartTime) ends.push(Date.parse(startTime) + limit.tasks);
  if (finallyStartTime && limit.finally) ends.push(Date.parse(finallyStartTime) + limit.finally);
  const ahead = ends.filter(end => end >= now);
  return ahead.length > 0 ? Math.min(...ahead) - now : undefined;
}
