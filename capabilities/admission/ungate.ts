/** Placeholder admission, where Kueue has gated one: it goes on without the gates. Nothing is looked up. */
import type { V1Pod } from "@kubernetes/client-node";
import type { a, PeprMutateRequest } from "pepr";
import { ungated } from "./kueue-gates";

export function ungate(request: PeprMutateRequest<a.Pod>): void {
  const pod = request.Raw as V1Pod;
  const changes = ungated(pod);
  if (changes === undefined) return;
  pod.spec!.schedulingGates = changes.schedulingGates;
  pod.metadata!.finalizers = changes.finalizers;
}
