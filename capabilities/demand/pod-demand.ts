/**
 * What one pod of a task asks for. Sources: Tekton's pkg/pod/pod.go, pkg/apis/pipeline/v1/merge.go and
 * pkg/internal/computeresources; Kubernetes' component-helpers/resource (PodRequests), which the scheduler counts with.
 */
import { withDefaults, type RequestDefaults } from "./limit-ranges";
import type {
  ContainerOverride,
  Requirements,
  TaskContainer,
  TaskRunOverrides,
  TaskSpec,
} from "./pipeline-spec";
import { MOST_CONTAINERS } from "./limits";
import { maximum, parseFew, sum, sumOf, TooMuch, type Resources } from "./resources";
import { objectOf, objectsOf, textOf } from "./untrusted";

/** Requests and limits of a container; undefined is another thing than empty to Tekton. */
interface Asked {
  requests: Resources | undefined;
  limits: Resources | undefined;
}

const NOTHING_ASKED: Asked = { requests: undefined, limits: undefined };

function asked(requirements: Requirements | undefined): Asked {
  const { requests, limits } = objectOf(requirements) ?? {};
  return {
    requests: objectOf(requests) && parseFew(requests),
    limits: objectOf(limits) && parseFew(limits),
  };
}

/** v1 has `computeResources`, v1beta1 `resources`. */
const askedBy = (container: TaskContainer | undefined): Asked =>
  asked(objectOf(container?.computeResources) ?? container?.resources);

/** Resource by resource; the first one's count where both have them. */
const over = (own: Asked, base: Asked): Asked => ({
  requests: own.requests || base.requests ? { ...base.requests, ...own.requests } : undefined,
  limits: own.limits || base.limits ? { ...base.limits, ...own.limits } : undefined,
});

type Overrides = ReadonlyMap<string | undefined, ContainerOverride>;

/** Where two have one name, the last. */
const byName = (overrides: ContainerOverride[] | undefined): Overrides =>
  new Map(objectsOf(overrides).map(item => [textOf(item.name), item]));

function overridden(container: TaskContainer, own: Asked, overrides: Overrides): Asked {
  const name = textOf(container.name);
  const override = name === undefined ? undefined : overrides.get(name);
  return override ? over(askedBy(override), own) : own;
}

/** Whole bytes of memory and storage and thousandths of cpu, rounded down; of devices none can be divided. */
const share = (whole: Resources, parts: number): Resources =>
  Object.fromEntries(
    Object.entries(whole).map(([name, amount]) => {
      const isDivisible = name === "cpu" || name === "memory" || name === "ephemeral-storage";
      return [name, isDivisible ? Math.floor(amount / parts) : Math.ceil(amount / parts)];
    }),
  );

/** Task-level resources take the place of the steps' own: requests divided among them, limits whole on each. */
function divided(steps: Asked[], task: Asked): Asked[] {
  if (!task.requests && !task.limits) return steps;
  const nonEmpty = (whole: Resources | undefined): Resources | undefined =>
    whole && Object.keys(whole).length > 0 ? share(whole, steps.length) : undefined;
  return steps.map(step => ({
    requests: nonEmpty(step.requests || task.requests ? task.requests : task.limits),
    limits: task.limits,
  }));
}

function withStepDefaults(step: Asked, defaults: Resources): Asked {
  return { ...step, requests: step.requests ? withDefaults(step.requests, defaults, true) : defaults };
}

/** The API server takes a limit for the request that is missing; LimitRanges come after that. */
const requestsOf = ({ requests, limits }: Asked, defaults: RequestDefaults): Resources =>
  withDefaults({ ...limits, ...requests }, defaults.ofContainer);

/**
 * @param overrides the run's entry in taskRunSpecs for the task
 * @param overhead of the pod's runtime class
 * @throws InvalidQuantity or TooMuch
 */
export function podDemand(
  task: TaskSpec,
  overrides: TaskRunOverrides | undefined,
  defaults: RequestDefaults,
  overhead: Resources,
): Resources {
  const own = objectOf(overrides);
  const steps = objectsOf(task.steps);
  const sidecars = objectsOf(task.sidecars);
  if (steps.length + sidecars.length > MOST_CONTAINERS) {
    throw new TooMuch(`${steps.length + sidecars.length} steps and sidecars, ${MOST_CONTAINERS} are allowed`);
  }
  const stepOverrides = byName(own?.stepSpecs ?? own?.stepOverrides);
  const sidecarOverrides = byName(own?.sidecarSpecs ?? own?.sidecarOverrides);
  const template = askedBy(objectOf(task.stepTemplate));
  const askedBySteps = divided(
    steps.map(step => overridden(step, over(askedBy(step), template), stepOverrides)),
    asked(own?.computeResources),
  );
  const askedBySidecars = sidecars.map(sidecar => overridden(sidecar, askedBy(sidecar), sidecarOverrides));
  const stepDefaults = defaults.ofStep(steps.length || 1);
  const containers = [
    ...askedBySteps.map(step => withStepDefaults(step, stepDefaults)),
    ...askedBySidecars,
  ].map(container => requestsOf(container, defaults));
  // Tekton's init containers, one at a time, ask for nothing themselves.
  const init = requestsOf(NOTHING_ASKED, defaults);
  return sum(maximum(sumOf(containers), init), overhead);
}
