/**
 * The containers of a task's pod, and what each asks for before any default is put in. Sources: Tekton's
 * pkg/pod/pod.go (Build), pkg/apis/pipeline/v1/merge.go and pkg/internal/computeresources/tasklevel.
 * With the flag enable-kubernetes-sidecar sidecars are init containers that go on; they count the same.
 */
import { MOST_CONTAINERS } from "./limits";
import type {
  ContainerOverride,
  Requirements,
  TaskContainer,
  TaskRunOverrides,
  TaskSpec,
} from "./pipeline-spec";
import { parseFew, TooMuch, type Resources } from "./resources";
import { objectOf, objectsOf, textOf } from "./untrusted";

/** Requests and limits of a container; undefined where none are stored: Go writes no empty map. */
export interface Asked {
  requests: Resources | undefined;
  limits: Resources | undefined;
}

export interface PodContainer extends Asked {
  /** As it is in the pod. */
  name: string;
  kind: "step" | "sidecar" | "init";
}

const stored = (map: Requirements["requests"]): Resources | undefined => {
  const found = objectOf(map);
  return found === undefined || Object.keys(found).length === 0 ? undefined : parseFew(found);
};

/** @throws InvalidQuantity or TooMuch */
export function asked(requirements: Requirements | undefined): Asked {
  const { requests, limits } = objectOf(requirements) ?? {};
  return { requests: stored(requests), limits: stored(limits) };
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

/** Whole bytes of memory and storage, and thousandths of all else, rounded down. A part of a device is refused. */
function share(whole: Resources, parts: number): Resources {
  const inUnits = (name: string): boolean =>
    name === "cpu" || name === "memory" || name === "ephemeral-storage";
  return Object.fromEntries(
    Object.entries(whole).map(([name, amount]) => [
      name,
      inUnits(name) ? Math.floor(amount / parts) : Math.floor((1000 * amount) / parts) / 1000,
    ]),
  );
}

/** Task-level resources take the place of the steps' own: requests divided among them, limits whole on each. */
function divided(steps: Asked[], task: Asked): Asked[] {
  if (!task.requests && !task.limits) return steps;
  const nonEmpty = (whole: Resources | undefined): Resources | undefined =>
    whole && Object.keys(whole).length > 0 ? share(whole, steps.length) : undefined;
  const [requests, limits] = [nonEmpty(task.requests), nonEmpty(task.limits)];
  return steps.map(step => ({
    requests: step.requests || task.requests ? requests : limits,
    limits: task.limits,
  }));
}

const hasScript = ({ script }: TaskContainer): boolean => textOf(script) !== undefined;

/** Tekton makes those working directories that it can, and only steps' count. Source: workingdir_init.go. */
function needsDirectory({ workingDir }: TaskContainer): boolean {
  const directory = textOf(workingDir)?.replace(/\/{2,}/g, "/");
  return directory !== undefined && (!directory.startsWith("/") || directory.startsWith("/workspace/"));
}

/** ReservedResultsSidecarName in Tekton's pkg/apis/pipeline/register.go, createResultsSidecar in pkg/pod/pod.go. */
const RESULTS_SIDECAR: TaskContainer = { name: "tekton-log-results" };

const sidecarsOf = ({ sidecars, results }: TaskSpec, resultsBySidecar: boolean): TaskContainer[] =>
  resultsBySidecar && objectsOf(results).length > 0
    ? [...objectsOf(sidecars), RESULTS_SIDECAR]
    : objectsOf(sidecars);

/** They run one at a time before all others, and ask for nothing themselves. */
function initContainers(
  steps: TaskContainer[],
  template: TaskContainer,
  sidecars: TaskContainer[],
): string[] {
  const names = ["prepare"];
  if (steps.some(hasScript) || sidecars.some(hasScript)) names.push("place-scripts");
  const withTemplate = steps.map(step => (textOf(step.workingDir) === undefined ? template : step));
  if (withTemplate.some(needsDirectory)) names.push("working-dir-initializer");
  return names;
}

/**
 * @param overrides the run's entry in taskRunSpecs for the task
 * @param resultsBySidecar whether Tekton adds a sidecar that reads results
 * @throws InvalidQuantity or TooMuch
 */
export function containersOf(
  task: TaskSpec,
  overrides: TaskRunOverrides | undefined,
  resultsBySidecar = false,
): PodContainer[] {
  const own = objectOf(overrides);
  const [steps, sidecars] = [objectsOf(task.steps), sidecarsOf(task, resultsBySidecar)];
  if (steps.length + sidecars.length > MOST_CONTAINERS) {
    throw new TooMuch(`${steps.length + sidecars.length} steps and sidecars, ${MOST_CONTAINERS} are allowed`);
  }
  const stepOverrides = byName(own?.stepSpecs ?? own?.stepOverrides);
  const sidecarOverrides = byName(own?.sidecarSpecs ?? own?.sidecarOverrides);
  const template = objectOf(task.stepTemplate);
  const fromTemplate = askedBy(template);
  const askedBySteps = divided(
    steps.map(step => overridden(step, over(askedBy(step), fromTemplate), stepOverrides)),
    asked(own?.computeResources),
  );
  return [
    ...askedBySteps.map(
      (each, index): PodContainer => ({
        ...each,
        name: `step-${textOf(steps[index]!.name) ?? `unnamed-${index}`}`,
        kind: "step",
      }),
    ),
    ...sidecars.map(
      (sidecar): PodContainer => ({
        ...overridden(sidecar, askedBy(sidecar), sidecarOverrides),
        name: `sidecar-${textOf(sidecar.name) ?? ""}`,
        kind: "sidecar",
      }),
    ),
    ...initContainers(steps, template ?? {}, sidecars).map(
      (name): PodContainer => ({ name, kind: "init", requests: undefined, limits: undefined }),
    ),
  ];
}
