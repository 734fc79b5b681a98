/**
 * Runs with their TaskRuns and pods as Tekton leaves them: labels and annotations as it copies them, and as large as
 * those of a build with scripts of some length.
 */
import { createHash } from "node:crypto";
import type { V1ObjectMeta, V1OwnerReference, V1Pod } from "@kubernetes/client-node";
import {
  HELD,
  HELD_LABEL,
  KEY_PREFIX,
  NODE_ANNOTATION,
  OPT_IN_LABEL,
  OPTED_IN,
  PENDING,
  PLACEHOLDER_LABEL,
  ROOT_ANNOTATION,
  TEKTON_PIPELINE_RUN_LABEL,
  TEKTON_PIPELINE_RUN_UID_LABEL,
  TEKTON_PIPELINE_TASK_LABEL,
  TEKTON_TASK_RUN_LABEL,
} from "../../capabilities/keys";

export interface Shape {
  /** Tasks of a run, each with a TaskRun and a pod. */
  tasks: number;
  /** Of the script of each of a task's two steps. */
  scriptBytes: number;
}

const STARTED = "2026-01-01T10:00:00Z";
const ENDED = "2026-01-01T10:05:00Z";
const IMAGE = `registry.example.com/build/tools@sha256:${"0123456789abcdef".repeat(4)}`;
const LINE = "set -o errexit; make --directory=/workspace/source all check install\n";

const VOLUMES = ["run", "bin"];

const script = (bytes: number): string =>
  `#!/bin/sh\n${LINE.repeat(Math.ceil(bytes / LINE.length)).slice(0, bytes)}`;
const taskNames = ({ tasks }: Shape): string[] =>
  Array.from({ length: tasks }, (_, index) => `task-${index}`);
/** As the operator makes it of the run's name. */
const placeholder = (run: string): string =>
  `custom-pod-affinity-${createHash("sha256").update(run).digest("hex").slice(0, 10)}`;

const taskSpec = ({ scriptBytes }: Shape) => ({
  params: ["revision", "url", "context", "flags"].map(name => ({ name, type: "string", default: "main" })),
  workspaces: [{ name: "source" }],
  results: [{ name: "digest", type: "string", description: "Digest of what was built" }],
  steps: ["prepare", "build"].map(name => ({
    name,
    image: IMAGE,
    workingDir: "/workspace/source",
    computeResources: {},
    env: [{ name: "CONTEXT", value: "$(params.context)" }],
    script: script(scriptBytes),
  })),
});

const pipelineSpec = (shape: Shape) => ({
  tasks: taskNames(shape).map((name, index, all) => ({
    name,
    runAfter: index === 0 ? [] : [all[index - 1]],
    params: [{ name: "revision", value: "$(params.revision)" }],
    // Such as no run repeats in full: most Pipelines name their Tasks.
    taskRef: { kind: "Task", name: "build-with-scripts" },
    taskSpec: undefined,
  })),
});

const held = { [OPT_IN_LABEL]: OPTED_IN, [HELD_LABEL]: HELD };
const chosen = { [`${KEY_PREFIX}isolation`]: "none" };
const succeeded = (reason: string, message: string) => [
  { type: "Succeeded", status: "True", reason, message, lastTransitionTime: ENDED },
];

export type Named = { metadata: V1ObjectMeta };

/** A run that waits for its placeholder. Its one task is written out, so that nothing has to be looked up. */
export function heldRun(name: string) {
  const step = { name: "nap", image: "busybox", command: ["sleep", "1"] };
  return {
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: { name, labels: held, annotations: chosen },
    spec: { status: PENDING, pipelineSpec: { tasks: [{ name: "only", taskSpec: { steps: [step] } }] } },
  };
}

/** A run that was released, and has ended once its status is written. */
export function releasedRun(name: string, node: string, shape: Shape) {
  return {
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: {
      name,
      labels: { ...held, "tekton.dev/pipeline": name, [PLACEHOLDER_LABEL]: placeholder(name) },
      annotations: { ...chosen, [ROOT_ANNOTATION]: name, [NODE_ANNOTATION]: node },
    },
    spec: {
      params: [{ name: "revision", value: "main" }],
      pipelineSpec: pipelineSpec(shape),
      taskRunTemplate: { serviceAccountName: "default" },
      timeouts: { pipeline: "1h0m0s" },
    },
  };
}

/** With the TaskRuns that it had, and the specification that it ran. */
export function endedRunStatus(run: Named, shape: Shape) {
  const { name } = run.metadata;
  return {
    startTime: STARTED,
    completionTime: ENDED,
    conditions: succeeded(
      "Succeeded",
      `Tasks Completed: ${shape.tasks} (Failed: 0, Cancelled 0), Skipped: 0`,
    ),
    childReferences: taskNames(shape).map(task => ({
      apiVersion: "tekton.dev/v1",
      kind: "TaskRun",
      name: `${name}-${task}`,
      pipelineTaskName: task,
    })),
    pipelineSpec: {
      ...pipelineSpec(shape),
      description: script(shape.scriptBytes * 2),
      results: taskNames(shape).map(task => ({
        name: `${task}-digest`,
        value: `$(tasks.${task}.results.digest)`,
      })),
    },
    results: taskNames(shape).map(task => ({ name: `${task}-digest`, value: IMAGE })),
    provenance: {
      featureFlags: {
        coschedule: "disabled",
        enableAPIFields: "stable",
        resultExtractionMethod: "termination-message",
      },
    },
  };
}

const ownedBy = (kind: string, { metadata: { name, uid } }: Named): V1OwnerReference[] => [
  { apiVersion: "tekton.dev/v1", kind, name: name!, uid: uid!, controller: true, blockOwnerDeletion: true },
];

export function taskRun(run: Named, index: number) {
  const { name, uid, labels, annotations } = run.metadata;
  const task = `task-${index}`;
  return {
    apiVersion: "tekton.dev/v1",
    kind: "TaskRun",
    metadata: {
      name: `${name}-${task}`,
      labels: {
        ...labels,
        "app.kubernetes.io/managed-by": "tekton-pipelines",
        "tekton.dev/memberOf": "tasks",
        "tekton.dev/task": "build-with-scripts",
        [TEKTON_PIPELINE_RUN_LABEL]: name!,
        [TEKTON_PIPELINE_RUN_UID_LABEL]: uid!,
        [TEKTON_PIPELINE_TASK_LABEL]: task,
      },
      annotations: { ...annotations, "pipeline.tekton.dev/release": "v1.15.0" },
      ownerReferences: ownedBy("PipelineRun", run),
    },
    spec: {
      params: ["revision", "url", "context", "flags"].map(param => ({ name: param, value: "main" })),
      serviceAccountName: "default",
      taskRef: { kind: "Task", name: "build-with-scripts" },
      timeout: "1h0m0s",
      workspaces: [{ name: "source", emptyDir: {} }],
    },
  };
}

export function endedTaskRunStatus({ metadata }: Named, shape: Shape) {
  return {
    startTime: STARTED,
    completionTime: ENDED,
    podName: `${metadata.name}-pod`,
    conditions: succeeded("Succeeded", "All Steps have completed executing"),
    results: [{ name: "digest", type: "string", value: IMAGE }],
    steps: ["prepare", "build"].map(name => ({
      name,
      container: `step-${name}`,
      imageID: IMAGE,
      terminationReason: "Completed",
      terminated: terminated(),
    })),
    taskSpec: taskSpec(shape),
    provenance: { featureFlags: { coschedule: "disabled", enableAPIFields: "stable" } },
  };
}

const terminated = () => ({
  containerID: `containerd://${"0123456789abcdef".repeat(4)}`,
  exitCode: 0,
  reason: "Completed",
  startedAt: STARTED,
  finishedAt: ENDED,
});

const container = (name: string, more: object) => ({
  name,
  image: IMAGE,
  command: ["/tekton/bin/entrypoint"],
  env: [{ name: "CONTEXT", value: "main" }],
  terminationMessagePath: "/tekton/termination",
  volumeMounts: VOLUMES.map(name => ({ name, mountPath: `/tekton/${name}` })),
  workingDir: "/workspace/source",
  ...more,
});

/** On its node from the start: no scheduler looks at it. It runs for a day if nobody ends it. */
export function taskRunPod(owner: Named, node: string, { scriptBytes }: Shape): V1Pod {
  const { name, labels, annotations } = owner.metadata;
  const steps = ["prepare", "build"];
  const scripts = steps.map(step => Buffer.from(script(scriptBytes / 4) + step).toString("base64"));
  return {
    metadata: {
      name: `${name}-pod`,
      labels: { ...labels, [TEKTON_TASK_RUN_LABEL]: name! },
      annotations: { ...annotations, "testbed/run-seconds": "86400", "tekton.dev/ready": "READY" },
      ownerReferences: ownedBy("TaskRun", owner),
    },
    spec: {
      nodeName: node,
      restartPolicy: "Never",
      // The node of those that have ended does not answer.
      tolerations: [{ operator: "Exists" }],
      automountServiceAccountToken: false,
      volumes: VOLUMES.map(name => ({ name, emptyDir: {} })),
      initContainers: [container("place-scripts", { args: scripts })],
      containers: steps.map(step =>
        container(`step-${step}`, {
          args: ["-wait_file", "/tekton/run/0/out", "-entrypoint", `/tekton/scripts/${step}`],
        }),
      ),
    },
  } as V1Pod;
}

export function endedPodStatus(pod: V1Pod) {
  const status = ({ name }: { name: string }) => ({
    name,
    image: IMAGE,
    imageID: IMAGE,
    ready: false,
    restartCount: 0,
    started: false,
    state: { terminated: terminated() },
  });
  return {
    phase: "Succeeded",
    startTime: STARTED,
    podIP: "10.1.2.3",
    conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type, index) => ({
      type,
      status: index < 2 ? "True" : "False",
      reason: index < 2 ? undefined : "PodCompleted",
      lastTransitionTime: ENDED,
    })),
    initContainerStatuses: pod.spec!.initContainers!.map(status),
    containerStatuses: pod.spec!.containers.map(status),
  };
}
