/** What happens to a run in an example: told by the functions that the controller decides and tells with. */
import { V1MicroTime, type CoreV1Event, type V1Pod, type V1StatefulSet } from "@kubernetes/client-node";
import { BUILT_IN_CHOICES } from "../../capabilities/choices/choices";
import { heldSeconds } from "../../capabilities/controller/held-for";
import { movingEvent, placedEvent } from "../../capabilities/controller/placed";
import { eventFor } from "../../capabilities/kube/events";
import type { Observed } from "../../capabilities/phases/observed";
import { nextStep } from "../../capabilities/phases/table";
import { placeholderName, placeholderPodName } from "../../capabilities/placement/names";
import { namedBy, planOf, type Plan } from "../../capabilities/placement/plan";
import { PENDING } from "../../capabilities/keys";
import type { PipelineRun } from "../../capabilities/tekton/objects";
import type { Warning } from "../../capabilities/tekton/warning";
import { SETTINGS } from "../../capabilities/testing/builders";
import { asHeld } from "../../preview/admission";
import { parseManifest } from "../../preview/manifest";
import { definitionsFor } from "../../preview/preview";
import { surroundingsIn } from "../../preview/surroundings";

export const START = new Date("2026-01-05T08:00:00Z");
export const at = (seconds: number): Date => new Date(START.getTime() + seconds * 1000);

const requesting = (cpu: string, memory: string) => ({
  steps: [{ name: "work", image: "busybox:1.37.0", computeResources: { requests: { cpu, memory } } }],
});

/** Two tasks at once after a first one: they need cpu 3 and memory 6Gi. */
const SPEC: object = {
  pipelineSpec: {
    tasks: [
      { name: "fetch", taskSpec: requesting("500m", "512Mi") },
      { name: "compile", runAfter: ["fetch"], taskSpec: requesting("2", "4Gi") },
      { name: "lint", runAfter: ["fetch"], taskSpec: requesting("1", "2Gi") },
    ],
  },
};

interface RunOptions {
  name?: string;
  annotations?: Record<string, string>;
  /** Further fields of the spec. */
  spec?: object;
  /** Seconds after the start. */
  created?: number;
}

/** The run as admission leaves it. */
export function heldRun({
  name = "build",
  annotations = {},
  spec,
  created = 0,
}: RunOptions = {}): PipelineRun {
  const made: PipelineRun = {
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: {
      name,
      namespace: "ci",
      uid: `uid-of-${name}`,
      creationTimestamp: at(created),
      annotations,
    },
    spec: { ...SPEC, ...spec },
  };
  const held = asHeld(made, BUILT_IN_CHOICES);
  return { ...held, spec: { ...held.spec, status: PENDING } };
}

/** What is decided when the run's placeholder is made. */
export function planned(run: PipelineRun, beside = ""): Plan {
  const surroundings = surroundingsIn(parseManifest(beside), "ci");
  const definitions = definitionsFor(surroundings);
  const { limitRanges, quotas, runtimeClasses, priorities, storage } = surroundings;
  const sources = { definitions, bounds: { limitRanges, quotas }, runtimeClasses, priorities, storage };
  return planOf(run, namedBy(run, definitions), sources, SETTINGS);
}

/** The run's placeholder as it is stored, made so many seconds after the start. */
export function placeholderAt(run: PipelineRun, seconds: number): V1StatefulSet {
  const { placeholder } = planned(run);
  const metadata = {
    ...placeholder.metadata,
    uid: `uid-of-${placeholder.metadata!.name}`,
    creationTimestamp: at(seconds),
  };
  return { ...placeholder, metadata };
}

export function placeholderPodOf({ metadata, spec }: V1StatefulSet, run: PipelineRun): V1Pod {
  const { template } = spec!;
  const owner = {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    name: metadata!.name!,
    uid: metadata!.uid!,
    controller: true,
  };
  return {
    metadata: {
      ...template.metadata,
      name: placeholderPodName(run.metadata!.name!),
      namespace: "ci",
      uid: `uid-of-pod-of-${run.metadata!.name}`,
      creationTimestamp: metadata!.creationTimestamp!,
      ownerReferences: [owner],
    },
    spec: template.spec!,
    status: { phase: "Pending" },
  };
}

/** The pod, of which the scheduler said so at that moment. */
export function refusedAt(pod: V1Pod, seconds: number, message: string): V1Pod {
  const condition = { type: "PodScheduled", status: "False", reason: "Unschedulable", message };
  return {
    ...pod,
    status: { phase: "Pending", conditions: [{ ...condition, lastTransitionTime: at(seconds) }] },
  };
}

/** The pod, which got its node at that moment. */
export function boundTo(pod: V1Pod, node: string, seconds: number): V1Pod {
  const condition = { type: "PodScheduled", status: "True", lastTransitionTime: at(seconds) };
  return {
    ...pod,
    spec: { ...pod.spec!, nodeName: node },
    status: { phase: "Running", conditions: [condition] },
  };
}

/** What kube-scheduler tells of a pod. */
export function schedulerEvent(
  pod: V1Pod,
  message: string,
  { first, last, count }: { first: number; last: number; count: number },
): CoreV1Event {
  const { name, uid } = pod.metadata!;
  return {
    metadata: { name: `${name}.${first}`, namespace: "ci" },
    involvedObject: { apiVersion: "v1", kind: "Pod", name: name!, namespace: "ci", uid: uid! },
    type: "Warning",
    reason: "FailedScheduling",
    message,
    eventTime: new V1MicroTime(at(first)),
    reportingComponent: "default-scheduler",
    series: { count, lastObservedTime: new V1MicroTime(at(last)) },
  };
}

/** The process that tells. */
const REPORTER = "pipelinerun-pod-affinity-controller-0";

/** Events that come about, each once. */
export class Story {
  readonly #events = new Map<string, CoreV1Event>();

  constructor(readonly run: PipelineRun) {}

  get events(): CoreV1Event[] {
    return [...this.#events.values()];
  }

  tell(warnings: readonly Warning[], seconds: number): this {
    for (const warning of warnings) this.note(eventFor(this.run, warning, at(seconds), REPORTER));
    return this;
  }

  note(event: CoreV1Event): this {
    if (!this.#events.has(event.metadata.name!)) this.#events.set(event.metadata.name!, event);
    return this;
  }

  /** The controller looks at the run, and tells what it tells. */
  look(observed: Observed, seconds: number): this {
    return this.tell(nextStep(observed, SETTINGS, at(seconds)).warnings ?? [], seconds);
  }

  /**
   * The controller starts the run, and tells where, and what its placeholder asks for.
   *
   * @param observed the run while it is held, and its placeholder on its node
   */
  release(observed: Observed, seconds: number): this {
    const step = nextStep(observed, SETTINGS, at(seconds));
    if (step.kind !== "release")
      throw new Error(`the controller would not release the run, but ${step.kind}: ${step.why}`);
    const notes = planned(observed.run!).notes.join(" ");
    const warning = placedEvent(step, observed, heldSeconds(observed, at(seconds)), notes);
    return warning === undefined ? this : this.tell([warning], seconds);
  }

  /** The controller has the placeholder look for a node anew. */
  move(observed: Observed, seconds: number): this {
    const step = nextStep(observed, SETTINGS, at(seconds));
    if (step.kind !== "start-over")
      throw new Error(`the controller would not move the run, but ${step.kind}: ${step.why}`);
    return this.tell([movingEvent(step)], seconds);
  }
}

export const nameOfPlaceholder = placeholderName("build");
