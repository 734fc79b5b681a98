/**
 * Why Kubernetes will refuse a pod for what it asks for: such a task fails before it has begun. Sources: Kubernetes'
 * pkg/apis/core/validation (ValidateContainerResourceRequirements), plugin/pkg/admission/limitranger, and
 * pkg/quota/v1/evaluator/core/pods.go (Constraints), whose refusal Tekton takes for final.
 */
import type { Bounds, LimitRangeRules } from "./limit-ranges";
import type { DemandedOfContainer } from "./pipeline-spec";
import { amountOf, toQuantities, type Resources } from "./resources";
import { ofPod, type StoredContainer } from "./stored-container";

/** Of these a pod may ask for less than its limit. */
const isOvercommitted = (name: string): boolean =>
  !name.startsWith("hugepages-") && (!name.includes("/") || name.includes("kubernetes.io/"));

const written = (name: string, amount: number): string => toQuantities({ [name]: amount })[name]!;

function ofContainer({ requests, limits }: Pick<StoredContainer, "requests" | "limits">): string | undefined {
  for (const [name, amount] of Object.entries(requests)) {
    const limit = Object.hasOwn(limits, name) ? limits[name]! : undefined;
    if (!Number.isInteger(amount)) return `${name} of a container is ${amount}, not a whole number`;
    if (limit !== undefined && amount > limit) {
      return `a container asks for ${name} ${written(name, amount)}, more than its limit of ${written(name, limit)}`;
    }
    if (!isOvercommitted(name) && amount !== limit && amount > 0) {
      return `a container asks for ${name} ${amount}, which is not its limit`;
    }
  }
  return undefined;
}

function ofBounds(what: string, requests: Resources, limits: Resources, bounds: Bounds): string | undefined {
  for (const [name, min] of Object.entries(bounds.min)) {
    const [request, limit] = [amountOf(requests, name), limits[name] ?? Infinity];
    if (request < min || limit < min) {
      const amount = written(name, Math.min(request, limit));
      return `the LimitRange's min of ${name} for a ${what} is ${written(name, min)}, and ${amount} is asked for`;
    }
  }
  for (const [name, max] of Object.entries(bounds.max)) {
    const most = Math.max(amountOf(limits, name), amountOf(requests, name));
    if (!Object.hasOwn(limits, name)) {
      return `the LimitRange has a max of ${name} for a ${what}, and there is no limit`;
    }
    if (most > max) {
      return `the LimitRange's max of ${name} for a ${what} is ${written(name, max)}, and ${written(name, most)} is asked for`;
    }
  }
  for (const [name, ratio] of Object.entries(bounds.ratio)) {
    const [request, limit] = [amountOf(requests, name), amountOf(limits, name)];
    if (request === 0 || limit / request > ratio || limit === 0) {
      return `the LimitRange's maxLimitRequestRatio of ${name} for a ${what} is ${ratio}: limit ${written(name, limit)}, request ${written(name, request)}`;
    }
  }
  return undefined;
}

export function refusalOf(
  containers: readonly StoredContainer[],
  { boundsOfContainers, boundsOfPods }: LimitRangeRules,
  demanded: readonly DemandedOfContainer[] = [],
): string | undefined {
  for (const container of containers) {
    const { requests, limits } = container;
    const refusal = ofContainer(container);
    if (refusal !== undefined) return refusal;
    const beyond = ofBounds("container", requests, limits, boundsOfContainers);
    if (beyond !== undefined) return beyond;
  }
  const lacking = demanded.find(({ of, resource }) =>
    containers.some(container => !Object.hasOwn(container[of], resource)),
  );
  if (lacking !== undefined) {
    return `${lacking.source} demands ${lacking.of} of ${lacking.resource} of each container, and one has none`;
  }
  return ofBounds("pod", ofPod(containers, "requests"), ofPod(containers, "limits"), boundsOfPods);
}
