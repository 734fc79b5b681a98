/** What a pod asks for, as kube-scheduler counts it. */
import type { V1Container, V1Pod } from "@kubernetes/client-node";
import {
  countedResources,
  isTooLarge,
  maximum,
  MOST_OF_A_RESOURCE,
  NOTHING,
  sum,
  type Resources,
} from "../demand/resources";
import type { Warning } from "../tekton/warning";

const requestsOf = ({ resources }: V1Container): Resources => countedResources(resources?.requests);

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
  return sum(maximum(starting, running), countedResources(spec?.overhead));
}

/** For people: the first amount in the pod that is more than can be counted. */
function uncountable({ spec }: V1Pod): string | undefined {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  for (const requests of [...containers.map(({ resources }) => resources?.requests), spec?.overhead]) {
    for (const [name, value] of Object.entries(requests ?? {})) {
      if (isTooLarge(name, value)) return `${name} ${value}`;
    }
  }
  return undefined;
}

/** What is to be said of a run whose pods ask for more than can be counted: no node has it. */
export function uncountableWarning(pods: readonly V1Pod[]): Warning | undefined {
  for (const pod of pods) {
    const found = uncountable(pod);
    if (found === undefined) continue;
    return {
      reason: "TooMuchRequested",
      about: pod.metadata?.name ?? "",
      message:
        `The pod ${pod.metadata?.name} asks for ${found}, more than any node has. It is counted as ` +
        `${MOST_OF_A_RESOURCE}, and the placeholder keeps no room beside it. ` +
        `Correct the requests of its task, or what changes them at admission.`,
    };
  }
  return undefined;
}
