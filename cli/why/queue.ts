/** Where a held run stands among all that are held: the scheduler takes them in about this order. */
import { stageOf } from "../../capabilities/phases/phase";
import { heldSince } from "../../capabilities/phases/placement-timeout";
import type { PipelineRun } from "../../capabilities/tekton/objects";

export interface Queue {
  /** The first is 1. */
  position: number;
  /** Held runs in all, this one among them. */
  length: number;
  /** Those before it, oldest first, as NAMESPACE/NAME. */
  ahead: string[];
  /** Where they were counted. */
  within: "cluster" | "namespace";
}

export const nameOf = ({ metadata }: PipelineRun): string => `${metadata!.namespace}/${metadata!.name}`;

/** Since when it is held, and by name where two were at the same moment. */
const before = (one: PipelineRun, other: PipelineRun): number =>
  heldSince(one) - heldSince(other) || nameOf(one).localeCompare(nameOf(other));

/**
 * @param runs of the cluster or the namespace; others than held ones are left out
 * @returns undefined for a run that is not held
 */
export function queueOf(
  run: PipelineRun,
  runs: readonly PipelineRun[],
  within: Queue["within"],
): Queue | undefined {
  if (stageOf(run) !== "held") return undefined;
  const others = runs.filter(other => stageOf(other) === "held" && nameOf(other) !== nameOf(run));
  const ahead = others.filter(other => before(other, run) < 0).sort(before);
  return { position: ahead.length + 1, length: others.length + 1, ahead: ahead.map(nameOf), within };
}
