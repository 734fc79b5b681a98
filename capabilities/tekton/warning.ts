/** What people are told on a run. A leaf. */

/** What stands in the way of a placeholder; the values of a metric's label. */
export type RefusalReason =
  | "quota"
  | "limit_range"
  | "pod_security"
  | "admission_policy"
  | "admission_webhook"
  | "volume"
  | "service_account"
  | "class"
  | "permission"
  | "other";

/** What people are told on the run, as an Event. */
export interface Warning {
  /** Default: Warning. */
  type?: "Normal" | "Warning";
  reason: string;
  message: string;
  /** Warnings of one reason about the same are one Event on a run. Default: the message. */
  about?: string;
  /** What stands in the way of the placeholder, when that is what it tells. */
  refused?: RefusalReason;
}
