/** What Tekton's validating webhook refuses: the part of it that a controller beside Tekton can run into. */
import { isDeepStrictEqual } from "node:util";
import { parseDuration } from "../duration";
import { specStatus } from "../keys";
import { conditionOf } from "../conditions";
import type { PipelineRun, PipelineRunSpec, TaskRun } from "../types";
import { withDefaults } from "./defaults";

const isDone = (run: PipelineRun | TaskRun): boolean => (conditionOf(run)?.status ?? "Unknown") !== "Unknown";

/** Whether the two specs are the same but for the fields that may change. */
function onlyChanged(before: object, after: object, fields: string[]): boolean {
  const without = (spec: object): object =>
    Object.fromEntries(Object.entries(spec).filter(([key]) => !fields.includes(key)));
  return isDeepStrictEqual(without(before), without(after));
}

function refusedUpdate<T extends PipelineRun | TaskRun>(
  run: T,
  old: T,
  mayChange: string[],
): string | undefined {
  if (old.spec.managedBy !== run.spec.managedBy)
    return "invalid value: managedBy is immutable: spec.managedBy";
  if (isDone(old)) {
    if (isDeepStrictEqual(old.spec, run.spec) || isDeepStrictEqual(withDefaults(old).spec, run.spec))
      return undefined;
    return `invalid value: Once the ${run.kind} is complete, no updates are allowed: spec`;
  }
  if (onlyChanged(old.spec, run.spec, mayChange)) return undefined;
  return `invalid value: Once the ${run.kind} has started, only ${mayChange.join(" and ")} updates are allowed: spec`;
}

function refusedTimeouts(timeouts: NonNullable<PipelineRunSpec["timeouts"]>): string | undefined {
  const milliseconds: Record<string, number> = {};
  for (const [field, text] of Object.entries(timeouts)) {
    milliseconds[field] = parseDuration(text);
    if (milliseconds[field]! < 0) return `invalid value: ${text} should be >= 0: spec.timeouts.${field}`;
  }
  const whole = milliseconds["pipeline"] || Infinity;
  const parts = (milliseconds["tasks"] ?? 0) + (milliseconds["finally"] ?? 0);
  return parts > whole
    ? "invalid value: tasks + finally should be <= pipeline duration: spec.timeouts.tasks"
    : undefined;
}

function refusedRunSpec(spec: PipelineRunSpec): string | undefined {
  if (!spec.pipelineRef && !spec.pipelineSpec) {
    return "expected exactly one, got neither: spec.pipelineRef, spec.pipelineSpec";
  }
  if (spec.pipelineRef && spec.pipelineSpec) {
    return "expected exactly one, got both: spec.pipelineRef, spec.pipelineSpec";
  }
  const statuses: string[] = Object.values(specStatus);
  if (spec.status && !statuses.includes(spec.status)) {
    return `invalid value: ${spec.status} should be one of ${statuses.join(", ")}: spec.status`;
  }
  return refusedTimeouts(spec.timeouts ?? {});
}

/**
 * Why Tekton refuses to store the run; undefined when it does not.
 *
 * @param run the run as it is to be, in its v1 form
 * @param old the run as it was; undefined at its creation
 */
export function refusal(run: PipelineRun | TaskRun, old?: PipelineRun | TaskRun): string | undefined {
  if (run.kind === "TaskRun") {
    return old && refusedUpdate(run, old as TaskRun, ["status", "statusMessage"]);
  }
  const pipelineRun = run as PipelineRun;
  const started = pipelineRun.status?.startTime ?? (old as PipelineRun | undefined)?.status?.startTime;
  if (pipelineRun.spec.status === specStatus.pending && started) {
    return "invalid value: PipelineRun cannot be Pending after it is started: spec.status";
  }
  return (
    (old && refusedUpdate(pipelineRun, old as PipelineRun, ["status"])) ?? refusedRunSpec(pipelineRun.spec)
  );
}
