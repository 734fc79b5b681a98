/** Builders of StatefulSets of the name of the run `build`'s placeholder: as it has become, or not that at all. */
import type { V1StatefulSet } from "@kubernetes/client-node";
import type { Resources } from "../demand/resources";
import type { PlaceholderRecord } from "../placement/record";
import { resourcesFor } from "../room/placeholder-size";
import type { Reservation } from "../room/reservation";
import { aRun, placeholderOf, withRecord } from "./builders";

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

/** One whose template asks for other resources than its reservation says. */
export function asking(
  resources: Resources,
  kept: Reservation,
  record: Partial<PlaceholderRecord> = {},
): V1StatefulSet {
  const made = placeholderOf(held(), kept);
  made.spec!.template.spec!.containers[0]!.resources = resourcesFor(resources, false);
  return withRecord(made, record);
}
