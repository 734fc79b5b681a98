/** What people are told on a run. A leaf. */
import { REASONS, type EventReason, type ReasonWords } from "./reasons";

/** What stands in the way of a placeholder; the values of a metric's label. */
export const REFUSAL_REASONS = [
  "quota",
  "limit_range",
  "pod_security",
  "admission_policy",
  "admission_webhook",
  "volume",
  "service_account",
  "class",
  "permission",
  "other",
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

const isNormal = (reason: EventReason): boolean => (REASONS[reason] as ReasonWords).isNormal === true;
const ALL = Object.keys(REASONS) as EventReason[];

/** Of what goes well; the values of a metric's label, as those below. */
export const NORMAL_REASONS = ALL.filter(isNormal);
/** Of what stands in the way of a run; docs/troubleshooting.md has each of them. */
export const WARNING_REASONS = ALL.filter(reason => !isNormal(reason));

export type Reason = EventReason;

/** What people are told on the run, as an Event. */
export interface Warning {
  /** Default: Warning. */
  type?: "Normal" | "Warning";
  reason: EventReason;
  message: string;
  /** Warnings of one reason about the same are one Event on a run. Default: the message. */
  about?: string;
  /** What stands in the way of the placeholder, when that is what it tells. */
  refused?: RefusalReason;
}

/** With one full stop: what others say, the scheduler, has its own. */
export const asSentence = (words: string): string => (words.endsWith(".") ? words : `${words}.`);
