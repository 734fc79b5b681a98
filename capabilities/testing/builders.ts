/** Builders of the objects that decisions are about, for tests. */
import type { V1ContainerStatus, V1Pod, V1PodStatus, V1StatefulSet } from "@kubernetes/client-node";
import { floorOf, parseSettings } from "../choices/settings";
import { placeholderName } from "../placement/names";
import type { Observed } from "../phases/observed";
import { placeholderFor } from "../placement/placeholder";
import { resourcesFor } from "../room/placeholder-size";
import { recordOf, type PlaceholderRecord } from "../placement/record";
import { unitePodTemplates } from "../placement/pod-templates";
import type { Seen } from "../room/progress";
import type { Reservation } from "../room/reservation";
import { toQuantities, type Resources } from "../demand/resources";
import type { PlannedTask } from "../demand/task-graph";
import {
  HELD_LABEL,
  OPT_IN_LABEL,
  PENDING,
  PLACEHOLDER_COMPONENT,
  PLACEHOLDER_LABEL,
  RECORD_ANNOTATION,
  TEKTON_PIPELINE_RUN_LABEL,
  TEKTON_PIPELINE_TASK_LABEL,
  TEKTON_TASK_RUN_LABEL,
} from "../keys";
import type { PipelineRun, TaskRun } from "../tekton/objects";

export const SETTINGS = parseSettings({});
export const RUN_UID = "uid-of-run";
export const STATEFUL_SET_UID = "uid-of-stateful-set";
export const PLACEHOLDER_POD_UID = "uid-of-placeholder-pod";

export class RunBuilder {
  readonly run: PipelineRun = {
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: { name: "build", namespace: "ci", uid: RUN_UID, labels: {}, annotations: {} },
    spec: {},
  };

  label(key: string, value: string | undefined): this {
    if (value !== undefined) this.run.metadata!.labels![key] = value;
    return this;
  }
  annotation(key: string, value: string): this {
    this.run.metadata!.annotations![key] = value;
    return this;
  }
  optedIn(value: string | undefined = "true"): this {
    return this.label(OPT_IN_LABEL, value);
  }
  status(status: string): this {
    this.run.spec!.status = status;
    return this;
  }
  pending(): this {
    return this.status(PENDING);
  }
  held(): this {
    return this.optedIn().pending().label(HELD_LABEL, "true");
  }
  placed(): this {
    return this.optedIn().label(HELD_LABEL, "true").label(PLACEHOLDER_LABEL, placeholderName("build"));
  }
  managedBy(manager: string): this {
    this.run.spec!.managedBy = manager;
    return this;
  }
  child(): this {
    const owner = { apiVersion: "tekton.dev/v1", kind: "PipelineRun", name: "parent", uid: "p" };
    this.run.metadata!.ownerReferences = [{ ...owner, controller: true }];
    return this;
  }
  started(): this {
    this.run.status = { ...this.run.status, startTime: "2026-01-01T00:00:00Z" };
    return this;
  }
  ended(status: "True" | "False" = "True"): this {
    this.run.status = { conditions: [{ type: "Succeeded", status }] };
    return this;
  }
  created(at: Date): this {
    this.run.metadata!.creationTimestamp = at;
    return this;
  }
  deleting(): this {
    this.run.metadata!.deletionTimestamp = new Date(0);
    return this;
  }
  spec(spec: PipelineRun["spec"]): this {
    this.run.spec = { ...this.run.spec, ...spec };
    return this;
  }
}

export const aRun = () => new RunBuilder();

const FLOOR = floorOf(SETTINGS);
/** Of a run that nothing is kept for. */
export const NO_RESERVATION: Reservation = { ask: FLOOR, floor: FLOOR, firstWave: {}, tasks: [] };

/** The placeholder that the operator makes for the run, as the API server has stored it. */
export function placeholderOf(run: PipelineRun, reservation = NO_RESERVATION, limits = false): V1StatefulSet {
  const { template } = unitePodTemplates(run.spec, () => 0);
  const made = placeholderFor(run, template, SETTINGS, reservation, { limits, volumes: [] });
  return { ...made, metadata: { ...made.metadata, uid: STATEFUL_SET_UID, resourceVersion: "1" } };
}

/** The StatefulSet with these fields of its record, see placement/record.ts. */
export function withRecord(statefulSet: V1StatefulSet, record: Partial<PlaceholderRecord>): V1StatefulSet {
  const text = JSON.stringify({ ...recordOf(statefulSet), ...record });
  const annotations = { ...statefulSet.metadata!.annotations, [RECORD_ANNOTATION]: text };
  return { ...statefulSet, metadata: { ...statefulSet.metadata, annotations } };
}

/** The pod, of which the scheduler says that it finds no node. */
export function unschedulable(pod: V1Pod, message = "0/3 nodes are available"): V1Pod {
  const condition = { type: "PodScheduled", status: "False", message };
  return { ...pod, status: { ...pod.status, conditions: [condition] } };
}

/** The kubelet's word on a container of the placeholder's pod. */
export const containerStatus = (allocated: Record<string, string> | undefined): V1ContainerStatus => ({
  name: PLACEHOLDER_COMPONENT,
  image: "",
  imageID: "",
  ready: true,
  restartCount: 0,
  allocatedResources: allocated,
});

/** @param asked what it asks for now, when that is not what its StatefulSet says */
export function placeholderPodOf(
  run: PipelineRun,
  nodeName?: string,
  reservation = NO_RESERVATION,
  asked?: Resources,
): V1Pod {
  const { metadata, spec } = placeholderOf(run, reservation).spec!.template;
  const owner = {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    name: "s",
    uid: STATEFUL_SET_UID,
    controller: true,
  };
  const [container] = spec!.containers;
  const resources = asked === undefined ? container!.resources : resourcesFor(asked, false);
  return {
    metadata: {
      ...metadata,
      name: `${placeholderName(run.metadata!.name!)}-0`,
      namespace: "ci",
      uid: PLACEHOLDER_POD_UID,
      ownerReferences: [owner],
    },
    spec: {
      ...spec!,
      containers: [{ ...container!, resources }],
      ...(nodeName !== undefined && { nodeName }),
    },
    status: nodeName === undefined ? { phase: "Pending" } : started(resources!.requests),
  };
}

const started = (requests: Record<string, string> | undefined): V1PodStatus => ({
  phase: "Running",
  containerStatuses: [containerStatus(requests ?? {})],
});

/** A task of a run's graph; one pod, after none. */
export const planned = (name: string, each: Resources, after: string[] = [], count = 1): PlannedTask => ({
  name,
  count,
  each,
  after,
});

/** A custom task, which has no pods. */
export const plannedCustom = (name: string, after: string[] = [], customRuns = 1): PlannedTask => ({
  ...planned(name, {}, after, 0),
  customRuns,
});

const ofTask = (run: string, task: string) => ({
  [TEKTON_PIPELINE_RUN_LABEL]: run,
  [TEKTON_PIPELINE_TASK_LABEL]: task,
});

/** @param succeeded status of its condition; Unknown also while it is tried again */
export const taskRunOf = (
  task: string,
  succeeded: "True" | "False" | "Unknown" = "Unknown",
  { run = "build", name }: { run?: string; name?: string } = {},
): TaskRun => ({
  metadata: { name: name ?? `${run}-${task}`, labels: ofTask(run, task) },
  status: { conditions: [{ type: "Succeeded", status: succeeded }] },
});

/** What a custom task becomes, which says no more of itself. */
export const customRunOf = taskRunOf;

/** Of a run that needs a device as well. */
export const reservation: Reservation = {
  ask: { cpu: 4000, memory: 2 ** 32, "nvidia.com/gpu": 1 },
  floor: { cpu: 10, memory: 2 ** 24 },
  firstWave: { cpu: 1000 },
  tasks: [],
};

/** The live pod of such a TaskRun. */
export function taskPod(taskRun: TaskRun, requests: Resources): V1Pod {
  const { name, labels } = taskRun.metadata!;
  const pod = runPod("Running", { ...labels, [TEKTON_TASK_RUN_LABEL]: name! });
  const container = { name: "step", resources: { requests: toQuantities(requests) } };
  return { ...pod, metadata: { ...pod.metadata, name: `${name}-pod` }, spec: { containers: [container] } };
}

/** Of the run nothing more is there. */
export const seenOf = (run: PipelineRun, more: Partial<Seen> = {}): Seen => ({
  run,
  taskRuns: [],
  customRuns: [],
  children: [],
  pods: [],
  ...more,
});

/** The run of a pipeline in a pipeline. */
export const childRun = (task: string, parent = "build", more: Partial<PipelineRun> = {}): PipelineRun => ({
  metadata: { name: `${parent}-${task}`, labels: ofTask(parent, task) },
  ...more,
});

export function runPod(phase: string, labels: Record<string, string> = {}): V1Pod {
  return {
    metadata: {
      name: "build-task-pod",
      labels: {
        [TEKTON_PIPELINE_RUN_LABEL]: "build",
        [PLACEHOLDER_LABEL]: placeholderName("build"),
        ...labels,
      },
    },
    spec: { containers: [] },
    status: { phase },
  };
}

/** All that there is about a run; by default it stands alone, and Tekton's assistant is off. */
export function observed(run: PipelineRun | undefined, more: Partial<Observed> = {}): Observed {
  return {
    run,
    statefulSet: undefined,
    pods: [],
    taskRuns: [],
    customRuns: [],
    children: [],
    coschedule: "disabled",
    ...more,
  };
}

/** A run whose placeholder is there, and bound to `node` when one is named. */
export function withPlaceholder(run: PipelineRun, node?: string, pods: V1Pod[] = []): Observed {
  return observed(run, { statefulSet: placeholderOf(run), pods: [placeholderPodOf(run, node), ...pods] });
}
