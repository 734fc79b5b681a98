/** Puts all of one run into the store as the API server has it: where a watch may have missed something. */
import type { Cluster } from "../kube/cluster";
import type { RunKey } from "../tekton/run-key";
import type { Place } from "../store/entry";
import type { Store } from "../store/store";

export async function readAfresh(key: RunKey, cluster: Cluster, store: Store): Promise<void> {
  // What is there now, and is not there after the reads, is gone.
  const before = store.lookUp(key).observed;
  const fresh = await cluster.readAll(key);
  if (fresh.statefulSet !== undefined) store.read(key, "statefulSet", fresh.statefulSet);
  else goneSince(key, "statefulSet", before.statefulSet, store);
  if (fresh.run !== undefined) store.read(key, "run", fresh.run);
  else goneSince(key, "run", before.run, store);
  put(key, "pods", fresh.pods, fresh.podsVersion, store);
  put(key, "taskRuns", fresh.taskRuns, fresh.taskRunsVersion, store);
  put(key, "customRuns", fresh.customRuns, fresh.customRunsVersion, store);
  put(key, "children", fresh.children, fresh.childrenVersion, store);
  store.markRead(key);
}

interface Named {
  metadata?: { name?: string; resourceVersion?: string };
}

function put(key: RunKey, place: Place, objects: readonly Named[], version: number, store: Store): void {
  const names = new Set(objects.map(({ metadata }) => metadata!.name!));
  for (const object of objects) store.read(key, place, object as object);
  for (const name of store.names(key, place)) if (!names.has(name)) store.gone(key, place, name, version);
}

/** Not one that has come, or changed, while it was read. */
function goneSince(key: RunKey, place: Place, seen: Named | undefined, store: Store): void {
  if (seen === undefined) return;
  store.gone(key, place, seen.metadata!.name!, Number(seen.metadata!.resourceVersion));
}
