/**
 * What decisions need of an object, and nothing else of it: the shape is the object's own with most fields left out. What
 * a tenant may make as long as he likes is cut.
 */
import type {
  V1Container,
  V1ContainerStatus,
  V1ObjectMeta,
  V1OwnerReference,
  V1Pod,
  V1PodCondition,
  V1PodSpec,
  V1Volume,
} from "@kubernetes/client-node";
import {
  APP_NAME_LABEL,
  AUTO_CLEANUP_ANNOTATION,
  COMPONENT_LABEL,
  HELD_LABEL,
  INSTANCE_LABEL,
  KEY_PREFIX,
  OPT_IN_LABEL,
  PLACEHOLDER_COMPONENT,
  PLACEHOLDER_LABEL,
  ROOT_ANNOTATION,
  TEKTON_PIPELINE_RUN_LABEL,
  TEKTON_PIPELINE_RUN_UID_LABEL,
  TEKTON_PIPELINE_TASK_LABEL,
  TEKTON_TASK_RUN_LABEL,
} from "../keys";
import {
  EXCEEDED_QUOTA,
  isChild,
  isHeldByUs,
  usesClaims,
  type PipelineRun,
  type TaskRun,
} from "../tekton/objects";
import { hasFinished } from "../phases/observed";
import { whyNotRunning } from "../placement/not-running";

/** Most characters of a run's spec, as JSON, that are kept while it is held; of a longer one nothing is. */
export const MOST_SPEC_CHARACTERS = 32 * 1024;
/** Of the scheduler's message on a pod. */
const MOST_MESSAGE_CHARACTERS = 1024;

/** Of a run's annotations of ours; of a longer one nothing is kept, and the run is read where a placeholder is made of it. */
const MOST_ANNOTATION_CHARACTERS = 2048;
/** More than there are; admission refuses others. */
const MOST_ANNOTATIONS = 32;
/** Of the labels of a held run that is too long to be kept whole. */
const MOST_LABEL_CHARACTERS = 8 * 1024;
/** Of names of skipped tasks. What was skipped beyond counts as still to come: its room is kept to the run's end. */
const MOST_SKIPPED_CHARACTERS = 64 * 1024;
/** Of a pod's containers, as JSON. What those beyond ask for does not count, and the placeholder keeps more room. */
export const MOST_CONTAINER_CHARACTERS = 16 * 1024;
/** Of one container's resources. Of a longer list cpu, memory and storage count. */
const MOST_RESOURCE_CHARACTERS = 2048;
/** Of a pod's claims. A placeholder that is made anew does not mind those beyond. */
const MOST_CLAIM_CHARACTERS = 8 * 1024;
/** Of where a placeholder may go. Beyond, every node counts as one: that none will ever do is not said then. */
const MOST_WHERE_CHARACTERS = 16 * 1024;
/** Of a text that is only compared. */
const MOST_WORD_CHARACTERS = 256;

const LABELS: readonly string[] = [
  OPT_IN_LABEL,
  HELD_LABEL,
  PLACEHOLDER_LABEL,
  APP_NAME_LABEL,
  INSTANCE_LABEL,
  COMPONENT_LABEL,
  TEKTON_PIPELINE_RUN_LABEL,
  TEKTON_PIPELINE_RUN_UID_LABEL,
  TEKTON_PIPELINE_TASK_LABEL,
  TEKTON_TASK_RUN_LABEL,
];
const CONDITIONS = ["PodScheduled", "PodResizePending", "PodResizeInProgress"];

type Strings = Record<string, string> | undefined;

export function picked(map: Strings, wanted: (key: string) => boolean): Strings {
  if (map === undefined) return undefined;
  const found: Record<string, string> = {};
  for (const key of Object.keys(map)) if (wanted(key)) found[key] = map[key]!;
  return found;
}

const isOurLabel = (key: string): boolean => LABELS.includes(key);
/** All that is asked of what belongs to a run is which run that is. */
const isRoot = (key: string): boolean => key === ROOT_ANNOTATION;

/** The first ones, as far as they have so many characters as JSON. */
export function upTo<T>(most: number, items: readonly T[]): T[] {
  let left = most;
  const over = items.findIndex(item => (left -= JSON.stringify(item).length) < 0);
  return over < 0 ? [...items] : items.slice(0, over);
}

const word = (text: string | undefined): string | undefined => text?.slice(0, MOST_WORD_CHARACTERS);

const isRunAnnotation = (key: string): boolean =>
  key.startsWith(KEY_PREFIX) || key === AUTO_CLEANUP_ANNOTATION;

/** A run's choices, and what we have written on it. */
function runAnnotations(annotations: Strings): { kept: Strings; isAll: boolean } {
  const keys = Object.keys(annotations ?? {}).filter(isRunAnnotation);
  const short = keys.filter(key => annotations![key]!.length <= MOST_ANNOTATION_CHARACTERS);
  const few = new Set(short.slice(0, MOST_ANNOTATIONS));
  return { kept: picked(annotations, key => few.has(key)), isAll: few.size === keys.length };
}

function slimOwners(owners: V1OwnerReference[] | undefined): V1OwnerReference[] | undefined {
  return owners
    ?.filter(({ controller }) => controller === true)
    .map(({ apiVersion, kind, name, uid }) => ({ apiVersion, kind, name, uid, controller: true }));
}

export function slimMetadata(metadata: V1ObjectMeta | undefined): V1ObjectMeta {
  return withoutUndefined<V1ObjectMeta>({
    name: metadata?.name,
    namespace: metadata?.namespace,
    uid: metadata?.uid,
    resourceVersion: metadata?.resourceVersion,
    creationTimestamp: metadata?.creationTimestamp,
    deletionTimestamp: metadata?.deletionTimestamp,
    labels: picked(metadata?.labels, isOurLabel),
    annotations: picked(metadata?.annotations, isRoot),
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
  return (
    conditions
      ?.filter(({ type }) => type === "Succeeded")
      .slice(0, 1)
      // Under way, for whatever reason, unless it is one that is decided by: each would be news otherwise.
      .filter(({ status, reason }) => status !== "Unknown" || reason === EXCEEDED_QUOTA)
      .map(({ type, status, reason }) => withoutUndefined({ type, status, reason: word(reason)! }))
  );
}

/** Whether all of the run's spec is there, or only what is asked for at every look. */
export function hasWholeSpec(run: PipelineRun): boolean {
  return isHeldByUs(run) && !slimmed.has(run);
}
const slimmed = new WeakSet<PipelineRun>();

/** Written by kubectl: the whole manifest once more. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** All labels and annotations: what of them the placeholder has as well is for the settings to say. */
const othersOf = ({ metadata }: PipelineRun): Pick<V1ObjectMeta, "labels" | "annotations"> =>
  withoutUndefined({
    labels: metadata?.labels,
    annotations: picked(metadata?.annotations, key => key !== LAST_APPLIED),
  });

function shortened(labels: Strings): Strings {
  const own = picked(labels, isOurLabel);
  return { ...Object.fromEntries(upTo(MOST_LABEL_CHARACTERS, Object.entries(labels ?? {}))), ...own };
}

export function slimRun(run: PipelineRun): PipelineRun {
  const { status, spec } = run;
  const slim: PipelineRun = { metadata: slimMetadata(run.metadata) };
  const { kept, isAll } = runAnnotations(run.metadata?.annotations);
  if (!isChild(run) && kept !== undefined) slim.metadata!.annotations = kept;
  const isHeld = isHeldByUs(run);
  const others = isHeld ? othersOf(run) : {};
  const isShort = JSON.stringify([spec, others]).length <= MOST_SPEC_CHARACTERS;
  const keep = isHeld && isAll && isShort;
  // By labels queues say that a run is theirs, however long the rest of it is.
  if (isHeld) slim.metadata!.labels = keep ? others.labels : shortened(others.labels);
  if (keep && others.annotations !== undefined) slim.metadata!.annotations = others.annotations;
  slim.spec = keep
    ? spec!
    : withoutUndefined({ status: word(spec?.status)!, managedBy: word(spec?.managedBy)! });
  if (!keep) {
    slimmed.add(slim);
    // One is enough to know that the run uses claims.
    if (usesClaims(run)) slim.spec!.workspaces = [{ name: "", volumeClaimTemplate: {} }];
  }
  if (status !== undefined) {
    const skipped = status.skippedTasks?.map(({ name }) => ({ name }));
    slim.status = withoutUndefined({
      conditions: slimConditions(status.conditions),
      startTime: status.startTime,
      // That it is there; with its whole spec it is what the run's demand is counted from, so not then.
      pipelineSpec: keep || status.pipelineSpec === undefined ? undefined : {},
      skippedTasks: skipped && upTo(MOST_SKIPPED_CHARACTERS, skipped),
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

export const slimContainer = ({ name, restartPolicy, resources }: V1Container): V1Container =>
  withoutUndefined<V1Container>({ name, restartPolicy, resources });

const COUNTED = ["cpu", "memory", "ephemeral-storage"];

/** Of what a pod of a run asks for. */
function slimRunContainer({ name, restartPolicy, resources }: V1Container): V1Container {
  const all = resources?.requests;
  const isLong = all !== undefined && JSON.stringify(all).length > MOST_RESOURCE_CHARACTERS;
  const requests = isLong ? picked(all, key => COUNTED.includes(key)) : all;
  return withoutUndefined<V1Container>({ name, restartPolicy, resources: requests && { requests } });
}

const slimCondition = (condition: V1PodCondition): V1PodCondition =>
  withoutUndefined<V1PodCondition>({
    type: condition.type,
    status: condition.status,
    reason: condition.reason,
    message: condition.message?.slice(0, MOST_MESSAGE_CHARACTERS),
    lastTransitionTime: condition.lastTransitionTime,
    observedGeneration: condition.observedGeneration,
  });

const slimContainerStatus = (status: V1ContainerStatus): V1ContainerStatus => {
  const { name, resources, allocatedResources } = status;
  const { reason, message } = whyNotRunning(status) ?? {};
  // That it is about to start, and has started, would be news otherwise.
  const waiting = reason && withoutUndefined({ reason, message: message?.slice(0, MOST_MESSAGE_CHARACTERS) });
  const state = waiting ? { waiting } : undefined;
  return withoutUndefined({ name, resources, allocatedResources, state }) as V1ContainerStatus;
};

/** Claims alone. */
export const slimVolumes = (volumes: V1Volume[] | undefined): V1Volume[] | undefined =>
  volumes
    ?.filter(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined)
    .map(({ name, persistentVolumeClaim }) => ({ name, persistentVolumeClaim: persistentVolumeClaim! }));

export function slimPod({ metadata, spec, status }: V1Pod): V1Pod {
  const isPlaceholder = metadata?.labels?.[COMPONENT_LABEL] === PLACEHOLDER_COMPONENT;
  const slim = isPlaceholder ? slimContainer : slimRunContainer;
  const containers = (all: V1Container[]) => upTo(MOST_CONTAINER_CHARACTERS, all.map(slim));
  const claims = slimVolumes(spec?.volumes);
  const pod: V1Pod = {
    metadata: slimMetadata(metadata),
    spec: withoutUndefined({
      nodeName: spec?.nodeName,
      containers: containers(spec?.containers ?? []),
      initContainers: spec?.initContainers && containers(spec.initContainers),
      overhead: spec?.overhead,
      volumes: claims && upTo(MOST_CLAIM_CHARACTERS, claims),
    }),
    status: {
      conditions: status?.conditions
        ?.filter(({ type, status }) =>
          isPlaceholder ? CONDITIONS.includes(type) : type === "PodScheduled" && status === "False",
        )
        .map(slimCondition),
    },
  };
  // That others have started is no news.
  const awaitsVolumes = status?.phase === "Pending" && Boolean(spec?.nodeName) && (claims ?? []).length > 0;
  if (hasFinished({ status }) || (awaitsVolumes && !isPlaceholder)) pod.status!.phase = status!.phase!;
  if (!isPlaceholder) return pod;
  pod.metadata!.generation = metadata?.generation;
  pod.status!.containerStatuses = status?.containerStatuses
    ?.filter(({ name }) => name === PLACEHOLDER_COMPONENT)
    .map(slimContainerStatus);
  // Where it may go, and by whom it is kept back, for as long as that is asked.
  if (!spec?.nodeName) Object.assign(pod.spec!, whereOf(spec));
  return pod;
}

/** So many are named where people are told. */
const MOST_GATES = 5;

type Where = Pick<V1PodSpec, "nodeSelector" | "tolerations" | "affinity" | "schedulingGates">;

/** Pod affinities are the scheduler's business alone. */
function whereOf(spec: V1PodSpec | undefined): Where {
  const nodeAffinity = spec?.affinity?.nodeAffinity;
  const where: Where = withoutUndefined({
    nodeSelector: spec?.nodeSelector,
    tolerations: spec?.tolerations,
    affinity: nodeAffinity && { nodeAffinity },
    schedulingGates: spec?.schedulingGates?.slice(0, MOST_GATES),
  });
  if (JSON.stringify(where).length <= MOST_WHERE_CHARACTERS) return where;
  return { tolerations: [{ operator: "Exists" }] };
}
