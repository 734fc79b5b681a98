/** What a pod asks for, as kube-scheduler counts it. */
import type { V1Container, V1Pod } from "@kubernetes/client-node";
import { maximum, NOTHING, parseResources, sum, type Resources } from "../demand/resources";

const requestsOf = ({ resources }: V1Container): Resources => parseResources(resources?.requests);

/**
 * Containers and sidecars together or, if more, an init container beside the sidecars that were started
 * before it; and the overhead of the runtime class.
 * https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
export function podRequests({ spec }: V1Pod): Resources {
  let sidecars = NOTHING;
  let starting = NOTHING;
  for (const container of spec?.initContainers ?? []) {
    const requests = requestsOf(container);
    if (container.restartPolicy === "Always") sidecars = sum(sidecars, requests);
    else starting = maximum(starting, sum(sidecars, requests));
  }
  const running = sum(sidecars, ...(spec?.containers ?? []).map(requestsOf));
  return sum(maximum(starting, running), parseResources(spec?.overhead));
}
