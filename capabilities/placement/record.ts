/**
 * The small record on a placeholder's StatefulSet: what no look at the cluster can tell. Written in the same patch as
 * the template that it speaks of, so that any controller can go on from it.
 */
import type { V1PodAffinityTerm, V1StatefulSet } from "@kubernetes/client-node";
import { BUILT_IN_CHOICES, choicesOf, type Choices } from "../choices/choices";
import type { Resources } from "../demand/resources";
import { RECORD_ANNOTATION, WITHIN_ANNOTATION } from "../keys";
import type { PipelineRun } from "../tekton/objects";

/** The choices by which the run is placed. They hold from when its placeholder is made. */
export type Placing = Pick<
  Choices,
  "isolation" | "isolation-scope" | "topology-key" | "isolation-topology-key"
>;

export interface PlaceholderRecord {
  placing: Placing;
  /** How often it has been sent to look for a node anew. */
  moves: number;
  /** Pod affinity that its run requires. While the template joins the run's pods, it is only preferred there. */
  nearness?: V1PodAffinityTerm[];
  /** Its template joins the pods of its run, and asks for the floor. */
  isSettled?: boolean;
  /** The node that its pod is to be replaced on. */
  pinnedTo?: string;
  /** UID of the pod that was made from an earlier template, and is to be deleted. */
  replaces?: string;
  /** The node that it was on when its run, which had been let go, was sent to another one. */
  movingFrom?: string;
  /** Why it was sent there. */
  movingBecause?: string;
  /** The node that it was sent away from, and does not go back to where it can help it. */
  avoids?: string;
  /** Claims that Tekton made for its run and that its template knows of. */
  claims?: string[];
  /** What its pod came to ask for where a resize asked for less: a policy raises it. It is not asked for less again. */
  raisedTo?: Resources;
  /** When its node last could not give room back (RFC 3339). */
  growthRefusedAt?: string;
}

export function placingOf(choices: Choices): Placing {
  return {
    isolation: choices.isolation,
    "isolation-scope": choices["isolation-scope"],
    "topology-key": choices["topology-key"],
    "isolation-topology-key": choices["isolation-topology-key"],
  };
}

/** Of a placeholder that is made now; what a run that was let go is placed within has been decided. */
export function firstRecord(run: PipelineRun): PlaceholderRecord {
  const annotations = run.metadata?.annotations ?? {};
  const placing = placingOf(choicesOf(annotations));
  const within = annotations[WITHIN_ANNOTATION];
  return { placing: within === undefined ? placing : { ...placing, "topology-key": within }, moves: 0 };
}

const parsed = new WeakMap<V1StatefulSet, PlaceholderRecord>();

/** Of a StatefulSet without one, or with one that is not ours to read: nothing has happened to it yet. */
export function recordOf(statefulSet: V1StatefulSet): PlaceholderRecord {
  const known = parsed.get(statefulSet);
  if (known !== undefined) return known;
  const record = parse(statefulSet.metadata?.annotations?.[RECORD_ANNOTATION]);
  parsed.set(statefulSet, record);
  return record;
}

function parse(text: string | undefined): PlaceholderRecord {
  const nothing = { placing: placingOf(BUILT_IN_CHOICES), moves: 0 };
  try {
    const record = JSON.parse(text ?? "{}") as Partial<PlaceholderRecord>;
    const moves = Number.isInteger(record.moves) ? record.moves! : 0;
    const placing = { ...nothing.placing, ...record.placing };
    const { nearness, ...others } = record;
    return { ...nothing, ...others, placing, moves, ...(Array.isArray(nearness) && { nearness }) };
  } catch {
    return nothing;
  }
}
