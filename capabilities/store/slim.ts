/**
 * What decisions need of an object, and nothing else of it: the shape is the object's own with most fields left out. What
 * a tenant may make as long as he likes is cut.
 */
import type {
  V1Container,
  V1ObjectMeta,
  V1OwnerReference,
  V1Pod,
  V1PodCondition,
  V1StatefulSet,
} from "@kubernetes/client-node";
import {
  COMPONENT_LABEL,
  KEY_PREFIX,
  PLACEHOLDER_COMPONENT,
  RECORD_ANNOTATION,
  RESERVATION_ANNOTATION,
} from "../keys";
import { isHeldByUs, usesClaims, type PipelineRun, type TaskRun } from "../tekton/objects";

/** Most characters of a run's spec, as JSON, that are kept while it is held; of a longer one nothing is. */
export const MOST_SPEC_CHARACTERS = 32 * 1024;
/** Of the scheduler's message on a pod. */
const MOST_MESSAGE_CHARACTERS = 1024;

const LABEL_PREFIXES = ["tekton.dev/", KEY_PREFIX, "app.kubernetes.io/"];
const CONDITIONS = ["PodScheduled", "PodResizePending", "PodResizeInProgress"];

type Strings = Record<string, string> | undefined;

function picked(map: Strings, wanted: (key: string) => boolean): Strings {
  if (map === undefined) return undefined;
  const found: Record<string, string> = {};
  for (const key of Object.keys(map)) if (wanted(key)) found[key] = map[key]!;
  return found;
}

const isOurLabel = (key: string): boolean => LABEL_PREFIXES.some(prefix => key.startsWith(prefix));
const isOurAnnotation = (key: string): boolean => key.startsWith(KEY_PREFIX);

function slimOwners(owners: V1OwnerReference[] | undefined): V1OwnerReference[] | undefined {
  return owners
    ?.filter(({ controller }) => controller === true)
    .map(({ apiVersion, kind, name, uid }) => ({ apiVersion, kind, name, uid, controller: true }));
}

function slimMetadata(metadata: V1ObjectMeta | undefined): V1ObjectMeta {
  return withoutUndefined<V1ObjectMeta>({
    name: metadata?.name,
    namespace: metadata?.namespace,
    uid: metadata?.uid,
    resourceVersion: metadata?.resourceVersion,
    generation: metadata?.generation,
    creationTimestamp: metadata?.creationTimestamp,
    deletionTimestamp: metadata?.deletionTimestamp,
    labels: picked(metadata?.labels, isOurLabel),
    annotations: picked(metadata?.annotations, isOurAnnotation),
    ownerReferences: slimOwners(metadata?.ownerReferences),
  });
}

function withoutUndefined<T extends object>(object: T): T {
  for (const key of Object.keys(object) as (keyof T)[]) if (object[key] === undefined) delete object[key];
  return object;
}

function slimConditions<T extends { type: string; status: string; reason?: string }>(
  conditions: T[] | undefined,
): { type: string; status: string; reason?: string }[] | undefined {
  return conditions
    ?.filter(({ type }) => type === "Succeeded")
    .map(({ type, status, reason }) => ({ type, status, reason }));
}

/** Whether all of the run's spec is there, or only what is asked for at every look. */
export function hasWholeSpec(run: PipelineRun): boolean {
  return isHeldByUs(run) && !slimmed.has(run);
}
const slimmed = new WeakSet<PipelineRun>();

export function slimRun(run: PipelineRun): PipelineRun {
  const { status, spec } = run;
  const slim: PipelineRun = { metadata: slimMetadata(run.metadata) };
  const keep = isHeldByUs(run) && JSON.stringify(spec).length <= MOST_SPEC_CHARACTERS;
  slim.spec = keep ? spec! : withoutUndefined({ status: spec?.status, managedBy: spec?.managedBy });
  if (!keep) {
    slimmed.add(slim);
    // One is enough to know that the run uses claims.
    if (usesClaims(run)) slim.spec!.workspaces = [{ name: "", volumeClaimTemplate: {} }];
  }
  if (status !== undefined) {
    slim.status = withoutUndefined({
      conditions: slimConditions(status.conditions),
      startTime: status.startTime,
      skippedTasks: status.skippedTasks?.map(({ name }) => ({ name })),
    });
  }
  return slim;
}

export function slimTaskRun({ metadata, status }: TaskRun): TaskRun {
  return {
    metadata: slimMetadata(metadata),
    status: { conditions: slimConditions(status?.conditions) ?? [] },
  };
}

const slimContainer = ({ name, restartPolicy, resources }: V1Container): V1Container =>
  withoutUndefined<V1Container>({ name, restartPolicy, resources });

const slimCondition = (condition: V1PodCondition): V1PodCondition =>
  withoutUndefined<V1PodCondition>({
    type: condition.type,
    status: condition.status,
    reason: condition.reason,
    message: condition.message?.slice(0, MOST_MESSAGE_CHARACTERS),
    lastTransitionTime: condition.lastTransitionTime,
    observedGeneration: condition.observedGeneration,
  });

export function slimPod({ metadata, spec, status }: V1Pod): V1Pod {
  const isPlaceholder = metadata?.labels?.[COMPONENT_LABEL] === PLACEHOLDER_COMPONENT;
  const pod: V1Pod = {
    metadata: slimMetadata(metadata),
    spec: withoutUndefined({
      nodeName: spec?.nodeName,
      containers: (spec?.containers ?? []).map(slimContainer),
      initContainers: spec?.initContainers?.map(slimContainer),
      overhead: spec?.overhead,
      volumes: spec?.volumes
        ?.filter(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined)
        .map(({ name, persistentVolumeClaim }) => ({ name, persistentVolumeClaim })),
    }),
    status: {
      phase: status?.phase,
      conditions: status?.conditions?.filter(({ type }) => CONDITIONS.includes(type)).map(slimCondition),
    },
  };
  if (!isPlaceholder) return pod;
  pod.status!.containerStatuses = status?.containerStatuses?.filter(
    ({ name }) => name === PLACEHOLDER_COMPONENT,
  );
  // Where it may go, for as long as that is asked.
  if (!spec?.nodeName) {
    pod.spec!.nodeSelector = spec?.nodeSelector;
    pod.spec!.tolerations = spec?.tolerations;
    pod.spec!.affinity = spec?.affinity;
  }
  return pod;
}

export function slimStatefulSet({ metadata, spec }: V1StatefulSet): V1StatefulSet {
  const own = [RECORD_ANNOTATION, RESERVATION_ANNOTATION];
  const template = spec?.template.spec;
  return {
    metadata: {
      ...slimMetadata(metadata),
      annotations: picked(metadata?.annotations, key => own.includes(key)),
    },
    spec: {
      selector: {},
      serviceName: "",
      template: {
        spec: {
          affinity: template?.affinity,
          volumes: template?.volumes,
          containers: (template?.containers ?? []).map(slimContainer),
        },
      },
    },
  };
}
