/** Pod admission: tie the pods of a placed run to its placeholder. Nothing is looked up. */
import type { V1Pod } from "@kubernetes/client-node";
import type { a, PeprMutateRequest } from "pepr";
import { coLocated } from "./co-location";

export function colocate(request: PeprMutateRequest<a.Pod>): void {
  const affinity = coLocated(request.Raw as V1Pod);
  if (affinity !== undefined) request.Raw.spec!.affinity = affinity;
}
