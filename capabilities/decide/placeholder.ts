/** The StatefulSet that anchors a run, as it should be. The same run and settings give the same object. */
import type {
  V1Affinity,
  V1Pod,
  V1PodAffinityTerm,
  V1PodSpec,
  V1PodTemplateSpec,
  V1ResourceRequirements,
  V1StatefulSet,
  V1Volume,
} from "@kubernetes/client-node";
import type { Settings } from "../config";
import {
  APP_NAME,
  APP_NAME_LABEL,
  COMPONENT_LABEL,
  INSTANCE_LABEL,
  PINNED_ANNOTATION,
  PLACEHOLDER_COMPONENT,
  PLACEHOLDER_LABEL,
  RESERVATION_ANNOTATION,
  TEKTON_PIPELINE_RUN_LABEL,
} from "../keys";
import type { PipelineRun, PodTemplate } from "../tekton";
import { exceeds, parseResources, toQuantities, type Resources } from "../demand/resources";
import { choicesOf, type Choices } from "./choices";
import { placeholderName } from "./names";
import { ROOM_TO_LIMIT } from "./namespace-bounds";
import { parseReservation, resizable, type Reservation } from "./reservation";
import { requiredPodTerms, withOnlyRequiredTerm } from "./required-term";

export type PlaceholderSettings = Pick<Settings, "PLACEHOLDER_IMAGE">;

/** What a placeholder has of its namespace. */
export interface Surroundings {
  /** Whether limits are asked for, see needsLimits. */
  limits: boolean;
  /** See volumes.ts. */
  volumes: V1Volume[];
}

/** What becomes of a StatefulSet's pod template. */
export interface TemplateChange {
  affinity: V1Affinity;
  resources: V1ResourceRequirements;
  pinnedTo?: string;
  /** Default: those that it has. */
  volumes?: V1Volume[];
}

/** What every placeholder, and nothing else, is labelled with. */
export const PLACEHOLDER_LABELS = {
  [APP_NAME_LABEL]: APP_NAME,
  [COMPONENT_LABEL]: PLACEHOLDER_COMPONENT,
} as const;
export const PLACEHOLDER_SELECTOR = Object.entries(PLACEHOLDER_LABELS)
  .map(([key, value]) => `${key}=${value}`)
  .join(",");

const identityOf = (name: string) => ({ ...PLACEHOLDER_LABELS, [INSTANCE_LABEL]: name });

/**
 * To the run's own pods, and to the placeholder's own labels: the first pod of a group is free to go
 * anywhere, and one that is made again while pods of the run are there can only join them. So a lost
 * placeholder never splits a run, even with the operator down.
 */
function ownRunTerm(name: string, topologyKey: string): V1PodAffinityTerm {
  return { topologyKey, labelSelector: { matchLabels: { [PLACEHOLDER_LABEL]: name } } };
}

function isolationTerm(choices: Choices): V1PodAffinityTerm {
  return {
    topologyKey: choices["isolation-topology-key"],
    labelSelector: { matchLabels: PLACEHOLDER_LABELS },
    ...(choices["isolation-scope"] === "cluster" && { namespaceSelector: {} }),
  };
}

function isolated(affinity: V1Affinity, choices: Choices): V1Affinity {
  const { podAntiAffinity = {} } = affinity;
  const required = podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const preferred = podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const isolation = isolationTerm(choices);
  return {
    ...affinity,
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution:
        choices.isolation === "required" ? [...required, isolation] : required,
      preferredDuringSchedulingIgnoredDuringExecution:
        choices.isolation === "preferred"
          ? [...preferred, { weight: 100, podAffinityTerm: isolation }]
          : preferred,
    },
  };
}

/**
 * The affinity of a placeholder that has its node: made again, it joins the pods of its run.
 */
export function settledAffinity(run: PipelineRun, template: PodTemplate): V1Affinity {
  const choices = choicesOf(run.metadata?.annotations ?? {});
  const ownRun = ownRunTerm(placeholderName(run.metadata!.name!), choices["topology-key"]);
  return isolated(withOnlyRequiredTerm(template.affinity ?? {}, ownRun), choices);
}

const hasBeenLetGo = (run: PipelineRun): boolean => run.metadata?.labels?.[PLACEHOLDER_LABEL] !== undefined;

/**
 * The affinity with which a placeholder looks for its node. When the run requires pod affinity of its
 * own, that comes first and the placeholder is settled once it is bound; otherwise, and for a run that
 * has been let go already, it is settled from the start. It cannot require both, see required-term.ts.
 */
function firstAffinity(run: PipelineRun, template: PodTemplate): V1Affinity {
  if (hasBeenLetGo(run) || requiredPodTerms(template.affinity).length === 0)
    return settledAffinity(run, template);
  return isolated(template.affinity!, choicesOf(run.metadata?.annotations ?? {}));
}

/**
 * Of a placeholder that has its node: should its pod be made again, it joins the pods of its run, and
 * does not ask for room that they may have taken meanwhile.
 */
export function settledTemplate(
  run: PipelineRun,
  template: PodTemplate,
  seen: V1StatefulSet,
): TemplateChange {
  const { floor } = reservationOf(seen);
  return { affinity: settledAffinity(run, template), resources: resourcesFor(floor, hasLimits(seen)) };
}

/** The same node again, for a pod that asks for `size` and for nothing that cannot be resized. */
export function pinnedTemplate(
  run: PipelineRun,
  template: PodTemplate,
  seen: V1StatefulSet,
  node: string,
  size: Resources,
): TemplateChange {
  const pin = { key: "metadata.name", operator: "In", values: [node] };
  const affinity = firstAffinity(run, template);
  const terms = affinity.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return {
    affinity: {
      ...affinity,
      nodeAffinity: {
        ...affinity.nodeAffinity,
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: (terms ?? [{}]).map(term => ({
            ...term,
            matchFields: [...(term.matchFields ?? []), pin],
          })),
        },
      },
    },
    resources: resourcesFor({ ...reservationOf(seen).floor, ...size }, hasLimits(seen)),
    pinnedTo: node,
  };
}

/** As it was made: free to find another node, and asking for everything again, or for `ask`. */
export function firstTemplate(
  run: PipelineRun,
  template: PodTemplate,
  seen: V1StatefulSet,
  ask: Resources = reservationOf(seen).ask,
): TemplateChange {
  return { affinity: firstAffinity(run, template), resources: resourcesFor(ask, hasLimits(seen)) };
}

/** Whether the placeholder's pod is being replaced by a smaller one. */
export function isPinned(statefulSet: V1StatefulSet): boolean {
  return statefulSet.metadata?.annotations?.[PINNED_ANNOTATION] !== undefined;
}

/** A placeholder of before there were reservations keeps what it asks for. */
export function reservationOf(statefulSet: V1StatefulSet): Reservation {
  const asked = requestedBy(statefulSet.spec!.template.spec!);
  return (
    parseReservation(statefulSet.metadata?.annotations?.[RESERVATION_ANNOTATION]) ?? {
      ask: asked,
      floor: asked,
      firstWave: {},
      tasks: [],
    }
  );
}

/** What the placeholder's one container asks for. */
export function requestedBy(spec: V1PodSpec): Resources {
  return parseResources(spec.containers[0]?.resources?.requests);
}

/** Of cpu: devices have limits in any case, see resourcesFor. */
export const hasLimits = (statefulSet: V1StatefulSet): boolean =>
  statefulSet.spec?.template.spec?.containers[0]?.resources?.limits?.["cpu"] !== undefined;

/**
 * @param limits whether the namespace asks for limits; they lie a little above the requests, so that the QoS class,
 * which may not change, stays what it is
 */
export function resourcesFor(requests: Resources, limits: boolean): V1ResourceRequirements {
  const limited = Object.entries(requests).flatMap(([name, amount]): [string, number][] => {
    // Kubernetes asks that devices and huge pages have a limit, equal to the request.
    if (!Object.hasOwn(ROOM_TO_LIMIT, name)) return [[name, amount]];
    // No request and no limit: a quota of limits has nothing to count.
    return limits ? [[name, amount === 0 ? 0 : amount + ROOM_TO_LIMIT[name]!]] : [];
  });
  return {
    requests: toQuantities(requests),
    ...(limited.length > 0 && { limits: toQuantities(Object.fromEntries(limited)) }),
  };
}

/** Of the pod, once its cpu and memory are `size`; all else may not change. */
export function resizedResources(pod: V1Pod, size: Resources, limits: boolean): V1ResourceRequirements {
  const { requests = {}, limits: had = {} } = pod.spec?.containers[0]?.resources ?? {};
  const sized = resourcesFor(resizable(size), limits);
  const all = { ...had, ...sized.limits };
  return {
    requests: { ...requests, ...sized.requests },
    ...(Object.keys(all).length > 0 && { limits: all }),
  };
}

/** Whether a placeholder, should its pod be made again, can only join the pods of its run. */
export function isSettled(statefulSet: V1StatefulSet): boolean {
  const name = statefulSet.metadata!.name!;
  const joins = requiredPodTerms(statefulSet.spec?.template.spec?.affinity).some(
    term => term.labelSelector?.matchLabels?.[PLACEHOLDER_LABEL] === name,
  );
  const { floor } = reservationOf(statefulSet);
  const asked = requestedBy(statefulSet.spec!.template.spec!);
  return joins && !isPinned(statefulSet) && exceeds(asked, floor).length === 0;
}

/** Meets the restricted Pod Security Standard, and stops at once. */
function podSpec(
  template: PodTemplate,
  affinity: V1Affinity,
  settings: PlaceholderSettings,
  resources: V1ResourceRequirements,
  volumes: V1Volume[],
): V1PodSpec {
  return {
    ...template,
    affinity,
    ...(volumes.length > 0 && { volumes }),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 0,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: PLACEHOLDER_COMPONENT,
        image: settings.PLACEHOLDER_IMAGE,
        resources,
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
      },
    ],
  };
}

function podTemplate(
  run: PipelineRun,
  name: string,
  template: PodTemplate,
  settings: PlaceholderSettings,
  resources: V1ResourceRequirements,
  volumes: V1Volume[],
): V1PodTemplateSpec {
  return {
    metadata: {
      labels: {
        ...identityOf(name),
        [TEKTON_PIPELINE_RUN_LABEL]: run.metadata!.name!,
        [PLACEHOLDER_LABEL]: name,
      },
      annotations: {
        // Keep autoscalers from taking the node away between two tasks.
        "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
        "karpenter.sh/do-not-disrupt": "true",
      },
    },
    spec: podSpec(template, firstAffinity(run, template), settings, resources, volumes),
  };
}

/**
 * @param run a run that the API server has stored: name, namespace and UID are taken from it
 * @param template what the placeholder takes over from the run, see unitePodTemplates
 */
export function placeholderFor(
  run: PipelineRun,
  template: PodTemplate,
  settings: PlaceholderSettings,
  reservation: Reservation,
  { limits, volumes }: Surroundings,
): V1StatefulSet {
  const { name: runName, namespace, uid } = run.metadata!;
  const name = placeholderName(runName!);
  // Made again for a run that is under way, it joins pods that have taken its room.
  const asked = hasBeenLetGo(run) ? reservation.floor : reservation.ask;
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: {
      name,
      namespace: namespace!,
      labels: { ...identityOf(name), [TEKTON_PIPELINE_RUN_LABEL]: runName! },
      annotations: { [RESERVATION_ANNOTATION]: JSON.stringify(reservation) },
      ownerReferences: [
        {
          apiVersion: "tekton.dev/v1",
          kind: "PipelineRun",
          name: runName!,
          uid: uid!,
          controller: true,
          blockOwnerDeletion: false,
        },
      ],
    },
    spec: {
      replicas: 1,
      serviceName: name,
      selector: { matchLabels: identityOf(name) },
      // Nobody but the operator decides when a run's anchor goes.
      updateStrategy: { type: "OnDelete" },
      revisionHistoryLimit: 0,
      template: podTemplate(run, name, template, settings, resourcesFor(asked, limits), volumes),
    },
  };
}
