/** What a pod shows of its resizes, without what differs from one run to the next. Pure. */
import type { V1Pod } from "@kubernetes/client-node";

export interface ShownCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  /** How many changes of the pod it is behind; undefined where it names none. */
  behind?: number;
}

export interface State {
  pod: string;
  phase: string;
  /** What the spec asks for. */
  asked: object;
  allocated: object | undefined;
  /** Requests and limits. */
  inForce: object | undefined;
  conditions: ShownCondition[];
}

/** A state, and when it was first seen. */
export interface SeenState extends State {
  /** Milliseconds since the step before it. */
  milliseconds: number;
  /** Counted from 0; -1 before the first. */
  step: number;
}

export interface SeenEvent {
  pod: string;
  type: string;
  reason: string;
  message: string;
  milliseconds: number;
  step: number;
}

export interface Refusal {
  step: number;
  code: number;
  message: string;
}

export interface Recording {
  scenario: string;
  states: SeenState[];
  events: SeenEvent[];
  refusals: Refusal[];
}

const ABOUT_RESIZES = /^PodResize/;

export function stateOf(pod: V1Pod): State {
  const { name, generation = 0 } = pod.metadata!;
  const container = pod.status?.containerStatuses?.[0];
  const conditions = (pod.status?.conditions ?? []).filter(({ type }) => ABOUT_RESIZES.test(type));
  return {
    pod: name!,
    phase: pod.status?.phase ?? "",
    asked: pod.spec!.containers[0]!.resources ?? {},
    allocated: container?.allocatedResources,
    inForce: container?.resources,
    conditions: conditions.map(({ type, status, reason, message, observedGeneration }) => ({
      type,
      status,
      reason,
      message,
      behind: observedGeneration === undefined ? undefined : generation - observedGeneration,
    })),
  };
}

/** The same text for the same state. */
export const stateText = (state: State): string => {
  const { pod, phase, asked, allocated, inForce, conditions } = state;
  return JSON.stringify({ pod, phase, asked, allocated, inForce, conditions });
};

/** Without what is as it was: a kubelet writes other things, too. */
export function distinct(states: readonly SeenState[]): SeenState[] {
  const last = new Map<string, string>();
  return states.filter(state => {
    const text = stateText(state);
    const isNew = last.get(state.pod) !== text;
    last.set(state.pod, text);
    return isNew;
  });
}

/** Whether nothing more is to come: all is in force, or the last word is that there is no room. */
export function isSettled({ asked, inForce, conditions }: State): boolean {
  const pending = conditions.find(({ type }) => type === "PodResizePending");
  if (pending !== undefined) return pending.behind === 0;
  return conditions.length === 0 && JSON.stringify(sorted(asked)) === JSON.stringify(sorted(inForce ?? {}));
}

/** The API server and a kubelet may write the same fields in another order. */
function sorted(value: object): unknown {
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.map(([key, item]) => [key, typeof item === "object" ? sorted(item as object) : item]);
}
