/** How a run ended, in Tekton's words. */
import { hasEnded, type PipelineRun } from "../../capabilities/tekton/objects";

/** Fields of Tekton's that no decision asks for. */
export interface EndedStatus {
  completionTime?: string;
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
}

export interface RunEnd {
  succeeded: boolean;
  /** Undefined where Tekton has not said. */
  at: string | undefined;
  what: string;
}

/** Undefined while it has not ended. */
export function endOf(run: PipelineRun): RunEnd | undefined {
  if (!hasEnded(run)) return undefined;
  const { completionTime, conditions } = run.status as EndedStatus;
  const { status, reason, message } = conditions!.find(({ type }) => type === "Succeeded")!;
  const what = [reason, message].filter(text => text !== undefined && text !== "").join(": ");
  return {
    succeeded: status === "True",
    at: completionTime,
    what: what || (status === "True" ? "succeeded" : "failed"),
  };
}
