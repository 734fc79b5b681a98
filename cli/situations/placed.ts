/** Situations of runs that were let go, or are over. */
import type { V1Pod } from "@kubernetes/client-node";
import {
  NODE_ANNOTATION,
  PENDING,
  PLACEHOLDER_LABEL,
  ROOT_ANNOTATION,
  TEKTON_PIPELINE_RUN_LABEL,
  TEKTON_PIPELINE_TASK_LABEL,
} from "../../capabilities/keys";
import { summaryOf } from "../../capabilities/placement/never-fits";
import type { PipelineRun } from "../../capabilities/tekton/objects";
import { withRecord } from "../../capabilities/testing/builders";
import { nodeObject } from "../../testbed/nodes";
import { statesOf } from "../node-words";
import type { EndedStatus } from "../why/run-end";
import { known, type Situation } from "./situation";
import { observed } from "../../capabilities/testing/builders";
import {
  at,
  boundTo,
  heldRun,
  nameOfPlaceholder,
  placeholderAt,
  placeholderPodOf,
  refusedAt,
  schedulerEvent,
  Story,
} from "./story";

/** Let go to its placeholder on the node, three seconds after the start. */
function released(run: PipelineRun, node: string, status: object = {}): PipelineRun {
  const { metadata, spec } = run;
  const { status: _pending, ...rest } = spec!;
  const annotations = {
    ...metadata!.annotations,
    [NODE_ANNOTATION]: node,
    [ROOT_ANNOTATION]: metadata!.name!,
  };
  return {
    ...run,
    metadata: {
      ...metadata,
      labels: { ...metadata!.labels, [PLACEHOLDER_LABEL]: nameOfPlaceholder },
      annotations,
    },
    spec: rest,
    status: { startTime: at(3).toISOString(), ...status },
  };
}

function taskPod(task: string, seconds: number): V1Pod {
  const labels = {
    [PLACEHOLDER_LABEL]: nameOfPlaceholder,
    [TEKTON_PIPELINE_RUN_LABEL]: "build",
    [TEKTON_PIPELINE_TASK_LABEL]: task,
  };
  return {
    metadata: {
      name: `build-${task}-pod`,
      namespace: "ci",
      uid: `uid-of-${task}`,
      labels,
      creationTimestamp: at(seconds),
    },
    spec: { containers: [] },
    status: { phase: "Pending" },
  };
}

function endedPod(task: string, node: string, from: number, until: number): V1Pod {
  const pod = boundTo(taskPod(task, from), node, from);
  const terminated = { exitCode: 0, finishedAt: at(until) };
  const containerStatuses = [
    { name: "step-work", image: "", imageID: "", ready: false, restartCount: 0, state: { terminated } },
  ];
  return { ...pod, status: { ...pod.status, phase: "Succeeded", containerStatuses } };
}

/** What was told of the run until it started. */
function started(run: PipelineRun, held: PipelineRun, node: string): Story {
  const statefulSet = placeholderAt(held, 1);
  const placeholder = boundTo(placeholderPodOf(statefulSet, held), node, 2);
  return new Story(run).release(observed(held, { statefulSet, pods: [placeholder] }), 2);
}

/** The placeholder's pod, which has handed its room over. */
function shrunk(pod: V1Pod): V1Pod {
  const resources = { requests: { cpu: "10m", memory: "16Mi" } };
  const containers = pod.spec!.containers.map(container => ({ ...container, resources }));
  return { ...pod, spec: { ...pod.spec!, containers } };
}

export const cordon: Situation = {
  name: "cordon",
  title: "The run's node is cordoned while it is under way",
  make: () => {
    const held = heldRun();
    const run = released(held, "node-1");
    const statefulSet = placeholderAt(held, 1);
    const placeholder = boundTo(placeholderPodOf(statefulSet, held), "node-1", 2);
    const message =
      "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't match pod affinity rules. " +
      "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.";
    const pods = [
      placeholder,
      endedPod("fetch", "node-1", 4, 20),
      boundTo(taskPod("lint", 4), "node-1", 4),
      refusedAt(taskPod("compile", 21), 21, message),
    ];
    const node = nodeObject({ name: "node-1" });
    const cordoned = { ...node, spec: { ...node.spec, unschedulable: true } };
    const nodes = [cordoned, ...["node-2", "node-3"].map(name => nodeObject({ name }))];
    const seen = observed(run, { statefulSet, pods, nodeStates: statesOf(pods, nodes) });
    const story = started(run, held, "node-1").look(seen, 33);
    return known(story, seen, 50, { nodes: nodes.map(summaryOf) });
  },
};

export const moved: Situation = {
  name: "moved",
  title: "Others took the run's room, and it looks for another node",
  make: () => {
    const held = heldRun();
    const run = released(held, "node-1");
    const statefulSet = withRecord(placeholderAt(held, 1), {
      ...{ moves: 1, movingFrom: "node-1" },
      movingBecause: "its next pods find no place on node-1",
    });
    const message =
      "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod anti-affinity rules. " +
      "preemption: not eligible due to preemptionPolicy=Never.";
    const made = { ...placeholderPodOf(statefulSet, held) };
    made.metadata = { ...made.metadata, creationTimestamp: at(41) };
    const placeholder = refusedAt(made, 41, message);
    const waiting = refusedAt(taskPod("compile", 22), 22, "0/2 nodes are available: 2 Insufficient cpu.");
    const pods = [placeholder, endedPod("fetch", "node-1", 4, 21), waiting];
    const first = placeholderAt(held, 1);
    const before = shrunk(boundTo(placeholderPodOf(first, held), "node-1", 2));
    const story = started(run, held, "node-1")
      .move(observed(run, { statefulSet: first, pods: [before, ...pods.slice(1)] }), 40)
      .note(schedulerEvent(placeholder, message, { first: 41, last: 70, count: 3 }));
    return known(story, observed(run, { statefulSet, pods }), 75);
  },
};

export const timedOut: Situation = {
  name: "timed-out",
  title: "Its placement-timeout has ended the run",
  make: () => {
    const annotations = {
      "pod-affinity.tekton.dev/placement-timeout": "2m",
      "pod-affinity.tekton.dev/on-timeout": "cancel",
    };
    const run = heldRun({ annotations });
    const statefulSet = placeholderAt(run, 1);
    const message =
      "0/3 nodes are available: 3 Insufficient memory. preemption: not eligible due to preemptionPolicy=Never.";
    const pod = refusedAt(placeholderPodOf(statefulSet, run), 1, message);
    const seen = observed(run, { statefulSet, pods: [pod] });
    const story = new Story(run)
      .note(schedulerEvent(pod, message, { first: 1, last: 110, count: 6 }))
      .look(seen, 121);
    const status: EndedStatus = {
      conditions: [
        {
          type: "Succeeded",
          status: "False",
          reason: "Cancelled",
          message: 'PipelineRun "build" was cancelled',
        },
      ],
      completionTime: at(122).toISOString(),
    };
    const cancelled: PipelineRun = { ...run, spec: { ...run.spec, status: "Cancelled" }, status };
    const told = new Story(cancelled);
    story.events.forEach(event => told.note(event));
    return known(told, observed(cancelled), 180);
  },
};

export const optedInTooLate: Situation = {
  name: "opted-in-too-late",
  title: "The opt-in came onto the run after it was created",
  make: () => {
    const held = heldRun();
    const labels = { ...held.metadata!.labels, "pod-affinity.tekton.dev/held": "opted-in-late" };
    const { status: _pending, ...spec } = held.spec!;
    const run = {
      ...held,
      metadata: { ...held.metadata, labels },
      spec: spec as { status?: typeof PENDING },
      status: { startTime: at(1).toISOString() },
    };
    return known(new Story(run).look(observed(run), 20), observed(run), 45);
  },
};

export const done: Situation = {
  name: "done",
  title: "The run has ended, with all of its pods on one node",
  make: () => {
    const held = heldRun();
    const conditions = [
      {
        type: "Succeeded",
        status: "True",
        reason: "Succeeded",
        message: "Tasks Completed: 3 (Failed: 0, Cancelled 0), Skipped: 0",
      },
    ];
    const run = released(held, "node-2", { conditions, completionTime: at(96).toISOString() });
    const pods = [
      endedPod("fetch", "node-2", 4, 20),
      endedPod("compile", "node-2", 21, 95),
      endedPod("lint", "node-2", 21, 60),
    ];
    return known(started(run, held, "node-2"), observed(run, { pods }), 600);
  },
};
