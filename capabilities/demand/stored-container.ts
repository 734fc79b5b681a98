/** A container as it is when the API server has stored its pod, and what all of a pod ask for. */
import type { PodContainer } from "./containers";
import { maximum, maximumOf, sumOf, type Resources } from "./resources";

export interface StoredContainer {
  kind: PodContainer["kind"];
  requests: Resources;
  limits: Resources;
}

/** As kube-scheduler counts: init containers one at a time, all others together. */
export function ofPod(containers: readonly StoredContainer[], kind: "requests" | "limits"): Resources {
  const amounts = (isInit: boolean): Resources[] =>
    containers.filter(container => (container.kind === "init") === isInit).map(container => container[kind]);
  return maximum(sumOf(amounts(false)), maximumOf(amounts(true)));
}
