/** For how long nothing of a run went on, and how it ended. Pure: changes go in, in the order in which they were seen. */
import type { V1Pod } from "@kubernetes/client-node";
import { TEKTON_PIPELINE_RUN_LABEL } from "../../capabilities/keys";
import { hasEnded, isPending, type PipelineRun } from "../../capabilities/tekton/objects";
import type { Change } from "../../testbed/event-feed";
import { isLabelledPlaceholder, labelOf, uidOf } from "../objects";

interface Moment {
  /** Milliseconds since the epoch. */
  at: number;
  what: string;
}

export interface Stall {
  run: string;
  seconds: number;
  /** What came before it, and after it. */
  from: string;
  to: string;
}

const stateOfPod = ({ status, spec, metadata }: V1Pod): string =>
  [
    metadata!.name,
    spec?.nodeName ? `on ${spec.nodeName}` : "without a node",
    metadata?.deletionTimestamp === undefined ? status?.phase : "to go",
  ].join(", ");

const AT_END = "the run has ended";
const stateOfRun = (run: PipelineRun): string => {
  if (hasEnded(run)) return AT_END;
  return isPending(run) ? "the run is held" : "the run was let go";
};

export class Stalls {
  readonly #moments = new Map<string, Moment[]>();
  /** By UID of a pod or a run, what was last seen of it. */
  readonly #states = new Map<string, string>();
  /** By name of a run, the reason of its end. */
  readonly #results = new Map<string, string>();

  run({ at, object }: Change<PipelineRun>): void {
    const name = object.metadata!.name!;
    if (hasEnded(object) && !this.#results.has(name))
      this.#results.set(name, object.status?.conditions?.[0]?.reason ?? "without a reason");
    this.#note(name, uidOf(object), stateOfRun(object), at);
  }

  /** A placeholder that comes and goes is no progress. */
  pod({ at, type, object }: Change<V1Pod>): void {
    const run = labelOf(object, TEKTON_PIPELINE_RUN_LABEL);
    if (run === undefined || isLabelledPlaceholder(object)) return;
    const state = type === "DELETED" ? `${object.metadata!.name}, gone` : stateOfPod(object);
    this.#note(run, uidOf(object), state, at);
  }

  #note(run: string, uid: string, state: string, at: number): void {
    if (this.#states.get(uid) === state) return;
    this.#states.set(uid, state);
    const moments = this.#moments.get(run) ?? [];
    this.#moments.set(run, moments);
    if (moments.at(-1)?.what !== AT_END) moments.push({ at, what: state });
  }

  /** How many runs ended, by the reason of their end. */
  results(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const reason of this.#results.values()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    return counts;
  }

  /** Names of runs that have not ended. */
  unended(): string[] {
    return [...this.#moments.keys()].filter(run => !this.#results.has(run));
  }

  /**
   * Of each run the longest, longest first.
   *
   * @param now a run that has not ended stands still until then, in milliseconds since the epoch
   */
  longest(now: number): Stall[] {
    return [...this.#moments]
      .map(([run, moments]) =>
        longestOf(run, this.#results.has(run) ? moments : [...moments, { at: now, what: "now" }]),
      )
      .sort((one, other) => other.seconds - one.seconds);
  }
}

function longestOf(run: string, moments: readonly Moment[]): Stall {
  const gaps = moments.slice(1).map((to, index): Stall => {
    const from = moments[index]!;
    return { run, seconds: (to.at - from.at) / 1000, from: from.what, to: to.what };
  });
  return gaps.reduce((one, other) => (other.seconds > one.seconds ? other : one), {
    ...{ run, seconds: 0, from: "", to: "" },
  });
}
