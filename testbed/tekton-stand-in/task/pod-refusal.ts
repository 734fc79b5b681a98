/** What becomes of a TaskRun whose pod the API server does not take. */
import { conditionOf, succeeded } from "../conditions";
import type { TaskRun } from "../types";

/** The API server's answer. */
export interface Refusal {
  /** HTTP status. */
  code: number;
  /** `reason` of the Status object. */
  reason: string;
  message: string;
  /** `details.kind` of the Status object. */
  kind?: string | undefined;
}

export interface Consequence {
  status: "False" | "Unknown";
  reason: string;
  message: string;
  /** Try again after so long. */
  retryAfterMilliseconds?: number;
}

/** Quota is waited for; Pod Security and all else, admission webhooks above all, is final. */
export function consequence(taskRun: string, refusal: Refusal): Consequence {
  const { code, message } = refusal;
  if (code === 409 && refusal.kind === "resourcequotas") {
    return {
      status: "Unknown",
      reason: "Pending",
      message: "tried to create pod, but it failed with ResourceQuotaConflictError",
      retryAfterMilliseconds: 1000,
    };
  }
  if (code === 403 && message.includes("exceeded quota")) {
    return {
      status: "Unknown",
      reason: "ExceededResourceQuota",
      message: `TaskRun Pod exceeded available resources: ${message}`,
      retryAfterMilliseconds: 60_000,
    };
  }
  if (code === 403 && message.includes("violates PodSecurity")) {
    return { status: "False", reason: "PodAdmissionFailed", message };
  }
  return {
    status: "False",
    reason: "PodCreationFailed",
    message: `failed to create task run pod "${taskRun}": ${message}. Maybe invalid TaskSpec`,
  };
}

/** The TaskRun that waits for its pod to be taken: it has not started. */
export function waiting(run: TaskRun, { reason, message }: Consequence, now: number): TaskRun {
  const { startTime: _start, ...status } = run.status ?? {};
  return {
    ...run,
    status: { ...status, conditions: [succeeded(conditionOf(run), "Unknown", reason, message, now)] },
  };
}
