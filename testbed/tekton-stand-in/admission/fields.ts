/**
 * The fields that each part of Tekton's objects may have, in the v1 form. Its webhook decodes strictly: an object with
 * any other field is refused (pkg/apis/pipeline/v1/*_types.go and pkg/apis/pipeline/pod/template.go of v1.15).
 */
import type { Json } from "../types";

/** What a field holds: a part of Tekton's, or a list of them, else something that is carried along unseen. */
type Shape = { [field: string]: Shape | undefined };

const carried = (...names: string[]): Shape => Object.fromEntries(names.map(name => [name, undefined]));

const resolver = carried("resolver", "params");
const resources = carried("limits", "requests", "claims");
const labelled = carried("labels", "annotations");
const param = carried("name", "value");
const override: Shape = { ...carried("name"), computeResources: resources };

const podTemplate = carried(
  ...["nodeSelector", "env", "tolerations", "affinity", "securityContext", "volumes", "runtimeClassName"],
  ...["automountServiceAccountToken", "dnsPolicy", "dnsConfig", "enableServiceLinks", "priorityClassName"],
  ...["schedulerName", "imagePullSecrets", "hostAliases", "hostNetwork", "hostUsers"],
  "topologySpreadConstraints",
);

const workspaceBinding = carried(
  ...["name", "subPath", "volumeClaimTemplate", "persistentVolumeClaim", "emptyDir", "configMap", "secret"],
  ...["projected", "csi"],
);

const stepTemplate: Shape = {
  ...carried("image", "command", "args", "workingDir", "envFrom", "env", "volumeMounts", "volumeDevices"),
  ...carried("imagePullPolicy", "securityContext"),
  computeResources: resources,
};

const step: Shape = {
  ...stepTemplate,
  ...carried("name", "displayName", "script", "timeout", "workspaces", "onError", "stdoutConfig"),
  ...carried("stderrConfig", "ref", "results", "when"),
  params: param,
};

const sidecar: Shape = {
  ...stepTemplate,
  ...carried("name", "ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"),
  ...carried("terminationMessagePath", "terminationMessagePolicy", "stdin", "stdinOnce", "tty", "script"),
  ...carried("workspaces", "restartPolicy"),
};

const paramSpec = carried("name", "type", "description", "properties", "default", "enum");

const taskSpec: Shape = {
  ...carried("displayName", "description", "volumes"),
  params: paramSpec,
  steps: step,
  stepTemplate,
  sidecars: sidecar,
  workspaces: carried("name", "description", "mountPath", "readOnly", "optional"),
  results: carried("name", "type", "properties", "description", "value"),
};

const taskRef: Shape = { ...resolver, ...carried("name", "kind", "apiVersion") };
const pipelineRef: Shape = { ...resolver, ...carried("name", "apiVersion") };

const pipelineTask: Shape = {
  ...carried("name", "displayName", "description", "retries", "runAfter", "timeout", "onError"),
  taskRef,
  // A task in a pipeline has metadata of its own; that of a TaskRun has not.
  taskSpec: { ...taskSpec, ...carried("apiVersion", "kind", "spec"), metadata: labelled },
  when: carried("input", "operator", "values", "cel"),
  params: param,
  matrix: { params: param, include: { ...carried("name"), params: param } },
  workspaces: carried("name", "workspace", "subPath"),
  pipelineRef,
};

const pipelineSpec: Shape = {
  ...carried("displayName", "description"),
  tasks: pipelineTask,
  finally: pipelineTask,
  params: paramSpec,
  workspaces: carried("name", "description", "optional"),
  results: carried("name", "type", "description", "value"),
};
pipelineTask["pipelineSpec"] = pipelineSpec;

const specs: Record<string, Shape> = {
  Task: taskSpec,
  Pipeline: pipelineSpec,
  TaskRun: {
    ...carried("debug", "serviceAccountName", "status", "statusMessage", "retries", "timeout", "managedBy"),
    params: param,
    taskRef,
    taskSpec,
    podTemplate,
    workspaces: workspaceBinding,
    stepSpecs: override,
    sidecarSpecs: override,
    computeResources: resources,
  },
  PipelineRun: {
    ...carried("status", "managedBy"),
    pipelineRef,
    pipelineSpec,
    params: param,
    timeouts: carried("pipeline", "tasks", "finally"),
    taskRunTemplate: { ...carried("serviceAccountName"), podTemplate },
    workspaces: workspaceBinding,
    taskRunSpecs: {
      ...carried("pipelineTaskName", "serviceAccountName", "timeout"),
      podTemplate,
      stepSpecs: override,
      sidecarSpecs: override,
      metadata: labelled,
      computeResources: resources,
    },
  },
};

function unknownIn(value: unknown, shape: Shape, path: string): string | undefined {
  if (Array.isArray(value))
    return first(value.map((item, index) => unknownIn(item, shape, `${path}[${index}]`)));
  if (typeof value !== "object" || value === null) return undefined;
  return first(
    Object.entries(value).map(([field, inner]) => {
      if (!Object.hasOwn(shape, field)) return `${path}.${field}`;
      const inside = shape[field];
      return inside && unknownIn(inner, inside, `${path}.${field}`);
    }),
  );
}

const first = (found: (string | undefined)[]): string | undefined => found.find(path => path !== undefined);

/** @returns the path of a field in the spec of this v1 object that Tekton does not know; undefined when there is none */
export function unknownField({ kind, spec }: { kind: string; spec?: Json }): string | undefined {
  const shape = specs[kind];
  return shape && unknownIn(spec, shape, "spec");
}
