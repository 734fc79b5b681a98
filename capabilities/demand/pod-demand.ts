/**
 * What one pod of a task asks for. Sources: Tekton's pkg/pod/pod.go and pkg/internal, in the order of
 * pkg/reconciler/taskrun/taskrun.go (createPod); Kubernetes' component-helpers/resource (PodRequests), which the
 * scheduler counts with.
 */
import { withContainerDefaults, type ContainerDefaults } from "./container-defaults";
import { containersOf, type PodContainer } from "./containers";
import { withDefaults, type LimitRangeRules } from "./limit-ranges";
import type { DemandedOfContainer, TaskRunOverrides, TaskSpec } from "./pipeline-spec";
import { refusalOf } from "./pod-refusal";
import type { Resources } from "./resources";
import { ofPod, type StoredContainer } from "./stored-container";

export interface PodRules {
  limitRanges: LimitRangeRules;
  containerDefaults?: ContainerDefaults | undefined;
  demanded?: readonly DemandedOfContainer[] | undefined;
  resultsBySidecar?: boolean | undefined;
}

export interface PodDemand {
  /** Without the overhead of its runtime class. */
  requests: Resources;
  /** Why Kubernetes will refuse the pod, if it will. */
  refusal: string | undefined;
}

/** Tekton divides a LimitRange's default among the steps, and puts it in where a request is missing or zero. */
function withStepDefaults(container: PodContainer, defaults: Resources): PodContainer {
  if (container.kind !== "step") return container;
  const { requests } = container;
  return { ...container, requests: requests ? withDefaults(requests, defaults, true) : defaults };
}

/** The API server takes a limit for the request that is missing; LimitRanges come after that. */
function stored({ kind, requests, limits }: PodContainer, rules: LimitRangeRules): StoredContainer {
  return {
    kind,
    requests: withDefaults({ ...limits, ...requests }, rules.ofContainer),
    limits: withDefaults({ ...limits }, rules.limitOfContainer),
  };
}

/**
 * @param overrides the run's entry in taskRunSpecs for the task
 * @throws InvalidQuantity or TooMuch
 */
export function podDemand(
  task: TaskSpec,
  overrides: TaskRunOverrides | undefined,
  { limitRanges, containerDefaults, demanded, resultsBySidecar }: PodRules,
): PodDemand {
  const containers = containersOf(task, overrides, resultsBySidecar);
  const steps = containers.filter(({ kind }) => kind === "step").length;
  const stepDefaults = limitRanges.ofStep(steps || 1);
  const made = containers
    .map(container => withContainerDefaults(container, containerDefaults))
    .map(container => withStepDefaults(container, stepDefaults))
    .map(container => stored(container, limitRanges));
  return {
    requests: ofPod(made, "requests"),
    refusal: refusalOf(made, limitRanges, demanded),
  };
}
