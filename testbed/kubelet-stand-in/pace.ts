/** How long a kubelet takes: mostly little, now and then long, as a real one on a busy machine. */
import type { V1Pod } from "@kubernetes/client-node";
import { chance } from "../fault-proxy/seeded";
import { progressCondition } from "./conditions";
import type { Step } from "./decide";

/** What takes a kubelet time: its steps, and to see that a pod has left. */
export type Paced = Step | "notice";

/** Milliseconds. A resize is answered and in force within 2 s. */
const BOUNDS: Record<Paced, { shortest: number; longest: number }> = {
  answer: { shortest: 30, longest: 1500 },
  actuate: { shortest: 30, longest: 500 },
  notice: { shortest: 10, longest: 300 },
};

/**
 * Half of all take less than about twice the shortest time, one of ten more than a third of the longest.
 *
 * @param draw from 0 to below 1
 */
export function milliseconds(step: Paced, draw: number): number {
  const { shortest, longest } = BOUNDS[step];
  return shortest * (longest / shortest) ** (draw ** 3);
}

/** The change of the pod that a step is about. */
function generationOf(pod: V1Pod, step: Paced): number {
  const seen = step === "actuate" ? progressCondition(pod)?.observedGeneration : pod.metadata?.generation;
  return seen ?? 0;
}

/** When each step is due: counted from when it was first seen, so a later change of the pod begins anew. */
export class Pace {
  readonly #due = new Map<string, Map<Paced, { generation: number; at: number }>>();

  constructor(
    private readonly seed: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** Milliseconds until the step is due: 0 when it is. */
  until(pod: V1Pod, step: Paced): number {
    const { uid = "", namespace = "", name = "" } = pod.metadata ?? {};
    const steps = this.#due.get(uid) ?? new Map<Paced, { generation: number; at: number }>();
    this.#due.set(uid, steps);
    const generation = generationOf(pod, step);
    let due = steps.get(step);
    if (due?.generation !== generation) {
      const draw = chance(this.seed, namespace, name, generation, step);
      due = { generation, at: this.now() + milliseconds(step, draw) };
      steps.set(step, due);
    }
    return Math.max(0, due.at - this.now());
  }

  forget({ metadata }: V1Pod): void {
    this.#due.delete(metadata?.uid ?? "");
  }
}
