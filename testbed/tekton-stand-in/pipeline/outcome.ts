/** What a step in the life of a PipelineRun starts from, and what it comes to. */
import { conditionOf, succeeded } from "../conditions";
import { timestamp } from "../duration";
import type { ChildKind, Labels, PipelineRun, PipelineSpec, Run, Wanted } from "../types";
import type { CancelPatch } from "./cancel";
import type { Verdict } from "./condition";
import type { Problem } from "./problems";

export interface Observed {
  run: PipelineRun;
  /** The pipeline as it was looked up or embedded; undefined when the one referred to does not exist. */
  pipeline: { name?: string; labels?: Labels; annotations?: Labels; spec: PipelineSpec } | undefined;
  /** Tasks and Pipelines that pipeline tasks refer to and that do not exist. */
  missing: { kind: "Task" | "Pipeline"; name: string }[];
  child: (kind: ChildKind, name: string) => Run | undefined;
  /** Milliseconds since the epoch. */
  now: number;
}

export interface Outcome {
  /** The run with its labels, annotations and status as they are to be. */
  run: PipelineRun;
  claims: Wanted[];
  cancel: CancelPatch[];
  create: Wanted[];
  requeueAfterMilliseconds?: number | undefined;
  /** Why this has to be tried again, with back-off. */
  retry?: string | undefined;
}

/** Nothing more is to be done. */
export const ended = (run: PipelineRun): Outcome => ({ run, claims: [], cancel: [], create: [] });

/** The run with the condition, and with a completion time when that ends it. */
export function marked(
  run: PipelineRun,
  { status, reason: why, message }: Verdict,
  now: number,
): PipelineRun {
  const condition = succeeded(conditionOf(run), status, why, message, now);
  const completion = status === "Unknown" ? {} : { completionTime: timestamp(now) };
  return { ...run, status: { ...run.status, conditions: [condition], ...completion } };
}

/** The run cannot be started. */
export const failed = (run: PipelineRun, { reason: why, message }: Problem, now: number): Outcome =>
  ended(marked(run, { status: "False", reason: why, message }, now));
