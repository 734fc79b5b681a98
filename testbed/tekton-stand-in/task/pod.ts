/** The pod that runs a TaskRun. */
import type { V1PodSpec, V1Volume } from "@kubernetes/client-node";
import { compact } from "../admission/defaults";
import { parseDuration } from "../duration";
import { annotation, label, managedByValue, readyValue, release } from "../keys";
import { ownedBy } from "../metadata";
import { podName } from "../names";
import type { Json, TaskRun, TaskSpec, WantedPod } from "../types";
import { containers } from "./containers";
import { withWorkspaces, workspaceVolumes } from "./workspaces";

/** The pod is stopped by the kubelet after this multiple of the TaskRun's timeout. */
const deadlineFactor = 1.5;
/** The deadline of a TaskRun without a timeout: the largest that there can be. */
const longestDeadlineSeconds = 2 ** 31 - 1;
const defaultTimeout = "1h0m0s";

/** Fields of a pod template that are the pod's as they are. */
const templateFields = [
  "nodeSelector",
  "tolerations",
  "affinity",
  "securityContext",
  "runtimeClassName",
  "automountServiceAccountToken",
  "schedulerName",
  "hostNetwork",
  "hostUsers",
  "dnsPolicy",
  "dnsConfig",
  "enableServiceLinks",
  "priorityClassName",
  "imagePullSecrets",
  "hostAliases",
  "topologySpreadConstraints",
];
const internalVolumes = ["workspace", "home", "results", "steps", "artifacts", "bin"];

function deadlineSeconds(timeout: string): number {
  const milliseconds = parseDuration(timeout);
  return milliseconds === 0 ? longestDeadlineSeconds : Math.floor((milliseconds / 1000) * deadlineFactor);
}

function volumes(task: TaskSpec, template: Json): V1Volume[] {
  const steps = (task.steps ?? []).map((_, index) => `run-${index}`);
  const downward = {
    name: "tekton-internal-downward",
    downwardAPI: {
      items: [{ path: "ready", fieldRef: { fieldPath: `metadata.annotations['${annotation.ready}']` } }],
    },
  };
  const hasScripts = [...(task.steps ?? []), ...(task.sidecars ?? [])].some(item => item.script);
  const names = [...internalVolumes, ...(hasScripts ? ["scripts"] : []), ...steps];
  return [
    ...names.map(name => ({ name: `tekton-internal-${name}`, emptyDir: {} })),
    ...(task.sidecars?.length ? [downward] : []),
    ...(task.volumes ?? []),
    ...((template["volumes"] ?? []) as V1Volume[]),
  ];
}

/**
 * The pod.
 *
 * @param task the Task with its parameters put in
 * @param run the TaskRun with the labels and annotations that its pod is to inherit
 */
export function taskRunPod(run: TaskRun, task: TaskSpec): WantedPod {
  const bindings = run.spec.workspaces ?? [];
  const complete = withWorkspaces(task, bindings, workspaceVolumes(bindings));
  const { steps, sidecars, init } = containers(complete, run.spec);
  const template = run.spec.podTemplate ?? {};
  const fields = Object.fromEntries(templateFields.map(field => [field, template[field]]));
  const { [label.managedBy]: _managedBy, ...annotations } = run.metadata.annotations ?? {};
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: podName(run.metadata.name, run.status?.retriesStatus?.length ?? 0),
      namespace: run.metadata.namespace,
      labels: {
        ...run.metadata.labels,
        [label.taskRun]: run.metadata.name,
        [label.taskRunUID]: run.metadata.uid,
        [label.managedBy]: managedByValue,
      },
      annotations: {
        ...annotations,
        [annotation.release]: release,
        ...(sidecars.length === 0 ? { [annotation.ready]: readyValue } : {}),
      },
      ownerReferences: [ownedBy(run)],
    },
    spec: compact({
      ...fields,
      restartPolicy: "Never",
      activeDeadlineSeconds: deadlineSeconds(run.spec.timeout ?? defaultTimeout),
      serviceAccountName: run.spec.serviceAccountName,
      initContainers: init,
      containers: [...steps, ...sidecars],
      volumes: volumes(complete, template),
    }) as unknown as V1PodSpec,
  };
}
