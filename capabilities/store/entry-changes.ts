/** Puts an object into the entry of its run, or takes it out; says whether a decision could depend on that. */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import isSame from "fast-deep-equal";
import { isPlaceholderPod } from "../tekton/placeholder-pod";
import type { PipelineRun, TaskRun } from "../tekton/objects";
import { all, versionOf, type Entry, type Known, type KubeObject, type Objects, type Place } from "./entry";
import { isPlaced } from "./interest";
import { slimPod } from "./slim-pod";
import { slimRun, slimTaskRun } from "./slim-run";
import { slimStatefulSet, slimStatefulSetMetadata } from "./slim-stateful-set";

function slimOf(place: Place, object: KubeObject): KubeObject {
  switch (place) {
    case "run":
    case "children":
      return slimRun(object as PipelineRun);
    case "statefulSet":
      return slimStatefulSet(object as V1StatefulSet);
    case "pods":
      return slimPod(object as V1Pod);
    case "taskRuns":
    case "customRuns":
      return slimTaskRun(object as TaskRun);
  }
}

/** Without its version, which changes with what nobody asks for. */
const withoutVersion = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: undefined },
});

/** Whether a decision could depend on what has changed; both are slim. */
const isNews = (before: KubeObject | undefined, object: KubeObject): boolean =>
  before === undefined || !isSame(withoutVersion(before), withoutVersion(object));

/**
 * A StatefulSet's version changes with its status as well, of which no watch tells, nor any decision asks. Its generation
 * stands for its spec.
 */
export function isUpToDate(known: Known<KubeObject>, place: Place, { metadata }: KubeObject): boolean {
  if (known.version >= versionOf({ metadata })) return true;
  if (place !== "statefulSet") return false;
  return !isNews({ metadata: known.object.metadata }, { metadata: slimStatefulSetMetadata(metadata) });
}

/** Keeps since when a StatefulSet has been without its pod. */
export function notePod(entry: Entry): void {
  const isMissing = entry.statefulSet.size > 0 && !all(entry.pods).some(isPlaceholderPod);
  if (!isMissing) entry.podMissingSince = undefined;
  else entry.podMissingSince ??= new Date();
}

/** @param round the list that it was told in, or after the beginning of which */
export function put(entry: Entry, place: Place, object: KubeObject, round: number): boolean {
  const name = object.metadata!.name!;
  const version = versionOf(object);
  const objects = entry[place] as Objects<KubeObject>;
  const before = objects.get(name);
  if (before !== undefined && before.version >= version) {
    before.round = round;
    return false;
  }
  // First seen while it is held, it has made nothing yet; what is known may be of an earlier run of its name.
  if (place === "run" && before?.object.metadata?.uid !== object.metadata!.uid) {
    entry.isComplete = !isPlaced(object as PipelineRun);
    entry.runSeenSince = new Date();
  }
  // The run was over, and left the store, while its placeholder was made: nobody else deletes that.
  if (place === "statefulSet" && entry.run.size === 0) entry.isComplete = false;
  const slim = slimOf(place, object);
  objects.set(name, { object: slim, version, round });
  if (place === "statefulSet" || place === "pods") notePod(entry);
  return isNews(before?.object, slim);
}

export function remove(entry: Entry, place: Place, { metadata }: KubeObject): boolean {
  const known = entry[place].get(metadata!.name!);
  // One of the same name that was made since is another object.
  if (known === undefined || known.object.metadata?.uid !== metadata!.uid) return false;
  entry[place].delete(metadata!.name!);
  if (place === "statefulSet" || place === "pods") notePod(entry);
  return true;
}
