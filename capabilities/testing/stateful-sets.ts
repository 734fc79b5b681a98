/** Builders of StatefulSets that are not, or not only, the placeholder of the run `build`. */
import type { V1StatefulSet } from "@kubernetes/client-node";
import { aRun, placeholderOf } from "./builders";

const held = () => aRun().held().run;

const changed = (metadata: V1StatefulSet["metadata"]): V1StatefulSet => {
  const made = placeholderOf(held());
  return { ...made, metadata: { ...made.metadata, ...metadata } };
};

/** Has the name, and nothing else of ours. */
export const foreign = () => changed({ labels: { app: "other" } });
/** Of a run of the same name. */
export const earlier = () =>
  changed({
    ownerReferences: [{ ...placeholderOf(held()).metadata!.ownerReferences![0]!, uid: "earlier" }],
  });
export const orphan = () => changed({ ownerReferences: undefined });
export const deleting = () => changed({ deletionTimestamp: new Date(0) });
