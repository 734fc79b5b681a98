/** What a pod asks for and what has been allocated to it, reckoned as the kubelet does (v1.36). */
import type { V1Container, V1Pod, V1ResourceRequirements } from "@kubernetes/client-node";
import { parseQuantity } from "../tekton-stand-in/quantity";
import { progressCondition } from "./conditions";

export interface Amounts {
  /** Thousandths of a core. */
  cpu: number;
  /** Bytes. */
  memory: number;
}

type ResourceList = Record<string, string>;

/** What is missing counts as 0; fractions are rounded up, as Go's MilliValue and Value do. */
export function amounts(list: ResourceList | undefined): Amounts {
  return { cpu: units(list?.cpu, 1000), memory: units(list?.memory, 1) };
}

function units(quantity: string | undefined, unitsInOne: number): number {
  if (quantity === undefined) return 0;
  // The small term keeps 0.001 × 1000 × 1000 from being rounded up to 2 of what is 1.
  return Math.ceil(parseQuantity(quantity).value * unitsInOne - 1e-6);
}

export const sum = (a: Amounts, b: Amounts): Amounts => ({ cpu: a.cpu + b.cpu, memory: a.memory + b.memory });

const largest = (a: Amounts, b: Amounts): Amounts => ({
  cpu: Math.max(a.cpu, b.cpu),
  memory: Math.max(a.memory, b.memory),
});

const NOTHING: Amounts = { cpu: 0, memory: 0 };

const isSidecar = ({ restartPolicy }: V1Container): boolean => restartPolicy === "Always";

/** Containers whose resources may be changed while they run: all but the init containers that end. */
export function resizableContainers({ spec }: V1Pod): V1Container[] {
  return [...(spec?.initContainers ?? []).filter(isSidecar), ...(spec?.containers ?? [])];
}

/**
 * The pod with the resources that have been allocated to it in place of those that its spec asks for. Of limits the
 * status does not say it: those that are in force count, until a resize with others is in progress. A container
 * without a status has what its spec said when the pod came.
 */
export function allocatedPod(pod: V1Pod): V1Pod {
  if (progressCondition(pod)?.observedGeneration === pod.metadata?.generation) return pod;
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const statuses = new Map(
    [...containerStatuses, ...initContainerStatuses].map(status => [status.name, status]),
  );
  const resizable = new Set(resizableContainers(pod));
  const allocated = (container: V1Container): V1Container => {
    const status = resizable.has(container) ? statuses.get(container.name) : undefined;
    if (status?.resources === undefined) return container;
    const resources = { ...status.resources, requests: status.allocatedResources };
    return { ...container, resources };
  };
  return {
    ...pod,
    spec: {
      ...pod.spec,
      containers: (pod.spec?.containers ?? []).map(allocated),
      initContainers: pod.spec?.initContainers?.map(allocated),
    },
  };
}

/** PodRequests of k8s.io/component-helpers/resource, for cpu and memory. */
export function podRequests({ spec }: V1Pod): Amounts {
  let running = (spec?.containers ?? []).map(requestsOf).reduce(sum, NOTHING);
  let sidecars = NOTHING;
  let starting = NOTHING;
  for (const container of spec?.initContainers ?? []) {
    const own = requestsOf(container);
    if (isSidecar(container)) {
      running = sum(running, own);
      sidecars = sum(sidecars, own);
    }
    starting = largest(starting, isSidecar(container) ? sidecars : sum(sidecars, own));
  }
  const ofPod = spec?.resources?.requests;
  const containers = largest(running, starting);
  const whole = {
    cpu: ofPod?.cpu === undefined ? containers.cpu : amounts(ofPod).cpu,
    memory: ofPod?.memory === undefined ? containers.memory : amounts(ofPod).memory,
  };
  return sum(whole, amounts(spec?.overhead));
}

function requestsOf({ resources }: V1Container): Amounts {
  return amounts(resources?.requests);
}

/** Whether the spec asks for other requests or limits than have been allocated. */
export function isResizePending(pod: V1Pod): boolean {
  const allocated = resizableContainers(allocatedPod(pod));
  return resizableContainers(pod).some(
    ({ resources }, index) => !isSame(resources, allocated[index].resources),
  );
}

function isSame(a: V1ResourceRequirements | undefined, b: V1ResourceRequirements | undefined): boolean {
  const flat = (resources: V1ResourceRequirements | undefined): string =>
    JSON.stringify([amounts(resources?.requests), amounts(resources?.limits)]);
  return flat(a) === flat(b);
}
