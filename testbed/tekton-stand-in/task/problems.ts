/** Why a TaskRun cannot be started. Reasons are Tekton's. */
import { unsupportedReason } from "../keys";
import { unsupportedInTask } from "../pipeline/unsupported";
import { missingParams } from "../substitution";
import type { TaskRun, TaskSpec } from "../types";
import type { Verdict } from "./status";

/** The verdict that ends a TaskRun. */
export const failure = (reason: string, message: string): Verdict => ({ status: "False", reason, message });

/** The first thing that is wrong with the TaskRun. */
export function problem(run: TaskRun, spec: TaskSpec): Verdict | undefined {
  const notSupported = unsupportedInTask(run.metadata.name, spec);
  if (notSupported) return failure(unsupportedReason, notSupported);
  if (run.spec["debug"])
    return failure(
      unsupportedReason,
      "debug (breakpoints) is not supported by the test bed's stand-in for Tekton",
    );
  const params = missingParams(spec.params, run.spec.params);
  if (params.length > 0) {
    return failure(
      "TaskRunValidationFailed",
      `invalid input params for task: missing values for these params which have no default values: [${params.join(" ")}]`,
    );
  }
  const bound = new Set(run.spec.workspaces?.map(workspace => workspace.name));
  const unbound = spec.workspaces?.find(workspace => !workspace.optional && !bound.has(workspace.name));
  return (
    unbound &&
    failure(
      "TaskRunValidationFailed",
      `bound workspaces did not match declared workspaces: declared workspace "${unbound.name}" is required but has not been bound`,
    )
  );
}
