/** A store that notes its changes, and objects with versions, as a watch tells of them; for tests. */
import type { V1ObjectMeta } from "@kubernetes/client-node";
import { PLACEHOLDER_LABEL, ROOT_ANNOTATION } from "../keys";
import { placeholderName } from "../placement/names";
import { asText } from "../tekton/run-key";
import { Store } from "../store/store";

export const KEY = { namespace: "ci", name: "build" };

interface KubeObject {
  metadata?: V1ObjectMeta;
}

export function emptyStore(): { store: Store; changes: string[] } {
  const changes: string[] = [];
  return { store: new Store((run, place) => changes.push(`${asText(run)} ${place}`)), changes };
}

const copyOf = <T>(object: T): T => JSON.parse(JSON.stringify(object)) as T;

/** A copy, as the API server has it. Default UID: one by its name. */
export function stored<T extends KubeObject>(object: T, version: number, uid?: string): T {
  const copy = copyOf(object);
  const own = uid ?? object.metadata!.uid ?? `uid-of-${object.metadata!.name}`;
  copy.metadata = { ...copy.metadata, namespace: "ci", uid: own, resourceVersion: String(version) };
  return copy;
}

/** Renamed, with a UID of its own. @param isPart whether it belongs to the run `build`, as Tekton propagates that */
export function ofRun<T extends KubeObject>(name: string, object: T, isPart = false): T {
  const copy = copyOf(object);
  copy.metadata = { ...copy.metadata, name, uid: `uid-of-${name}` };
  if (!isPart) return copy;
  copy.metadata.labels = { ...copy.metadata.labels, [PLACEHOLDER_LABEL]: placeholderName("build") };
  copy.metadata.annotations = { ...copy.metadata.annotations, [ROOT_ANNOTATION]: "build" };
  return copy;
}
