/** Which objects are kept, and of which run. Pure. */
import { PLACEHOLDER_LABEL } from "../keys";
import { hasEnded, type PipelineRun } from "../tekton/objects";
import type { RunKey } from "../tekton/run-key";
import { hasRunOrPlaceholder, type Entry, type KubeObject, type Place } from "./entry";
import { rootRunOf } from "./root-run";

export const isPlaced = (run: PipelineRun): boolean =>
  run.metadata?.labels?.[PLACEHOLDER_LABEL] !== undefined;

/** @returns undefined for an object that is none of ours */
export function keyOf(place: Place, object: KubeObject): RunKey | undefined {
  const { metadata } = object;
  return place === "run" ? { namespace: metadata!.namespace!, name: metadata!.name! } : rootRunOf(object);
}

/** Clusters keep many runs that have ended, with their TaskRuns. */
export function isOfInterest(place: Place, object: KubeObject, entry: Entry | undefined): boolean {
  switch (place) {
    case "run":
      return !hasEnded(object as PipelineRun) || entry !== undefined;
    case "taskRuns":
    case "customRuns":
    case "children":
      return entry !== undefined && hasRunOrPlaceholder(entry);
    case "pods":
    case "statefulSet":
      return true;
  }
}
