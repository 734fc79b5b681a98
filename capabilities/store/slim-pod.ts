/** What decisions need of a pod, and nothing else of it: the shape is the object's own with most fields left out. */
import type {
  V1Container,
  V1ContainerStatus,
  V1Pod,
  V1PodCondition,
  V1PodSpec,
  V1Volume,
} from "@kubernetes/client-node";
import { COMPONENT_LABEL, PLACEHOLDER_COMPONENT } from "../keys";
import { hasFinished } from "../phases/observed";
import { whyNotRunning } from "../placement/not-running";
import { picked, slimMetadata, upTo, withoutUndefined } from "./slim-metadata";

/** Of the scheduler's message on a pod. */
const MOST_MESSAGE_CHARACTERS = 1024;
/** Of a pod's containers, as JSON. What those beyond ask for does not count, and the placeholder keeps more room. */
export const MOST_CONTAINER_CHARACTERS = 16 * 1024;
/** Of one container's resources. Of a longer list cpu, memory and storage count. */
const MOST_RESOURCE_CHARACTERS = 2048;
/** Of a pod's claims. A placeholder that is made anew does not mind those beyond. */
const MOST_CLAIM_CHARACTERS = 8 * 1024;
/** Of where a placeholder may go. Beyond, every node counts as one: that none will ever do is not said then. */
const MOST_WHERE_CHARACTERS = 16 * 1024;

const CONDITIONS = ["PodScheduled", "PodResizePending", "PodResizeInProgress"];

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
