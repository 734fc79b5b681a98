/** The StatefulSet that anchors a run, as it should be. The same run and settings give the same object. */
import type {
  V1Affinity,
  V1PodSpec,
  V1PodTemplateSpec,
  V1ResourceRequirements,
  V1StatefulSet,
  V1Volume,
} from "@kubernetes/client-node";
import { NOT_SAID, type Settings } from "../choices/settings";
import {
  INSTANCE_LABEL,
  PLACEHOLDER_COMPONENT,
  PLACEHOLDER_LABEL,
  PLACEHOLDER_LABELS,
  RECORD_ANNOTATION,
  RESERVATION_ANNOTATION,
  TEKTON_PIPELINE_RUN_LABEL,
} from "../keys";
import type { PipelineRun, PodTemplate } from "../tekton/objects";
import { placeholderName } from "./names";
import { decidedAffinity, firstAffinity, hasBeenLetGo } from "./placeholder-affinity";
import { requiredPodTerms } from "./required-term";
import { resourcesFor } from "../room/placeholder-size";
import type { Reservation } from "../room/reservation";
import { firstRecord, type PlaceholderRecord } from "./record";

export type PlaceholderSettings = Pick<Settings, "PLACEHOLDER_IMAGE" | "KARPENTER_DO_NOT_DISRUPT">;

/** What a placeholder has of its namespace. */
export interface Surroundings {
  /** Whether limits are asked for, see needsLimits. */
  limits: boolean;
  /** See volumes.ts. */
  volumes: V1Volume[];
  /** Claims whose place its affinity knows, see volume-places.ts. Default: none. */
  claims?: readonly string[];
}

const identityOf = (name: string) => ({ ...PLACEHOLDER_LABELS, [INSTANCE_LABEL]: name });

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

/**
 * Keep autoscalers from taking the node away between two tasks, when its placeholder is all of a run that is there. Both
 * take a StatefulSet's pod for one that can be anywhere: see rules/replicated and rules/notsafetoevict in
 * cluster-autoscaler/simulator/drainability, and IsDisruptable in Karpenter's pkg/utils/pod/scheduling.go. With the
 * placeholder, which goes when its run has ended, they go as well.
 */
function keptByAutoscalers({ KARPENTER_DO_NOT_DISRUPT: value }: PlaceholderSettings): Record<string, string> {
  const annotations: Record<string, string> = { "cluster-autoscaler.kubernetes.io/safe-to-evict": "false" };
  if (value !== NOT_SAID) annotations["karpenter.sh/do-not-disrupt"] = value;
  return annotations;
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
      annotations: keptByAutoscalers(settings),
    },
    spec: podSpec(template, affinityAtFirst(run, template), settings, resources, volumes),
  };
}

function affinityAtFirst(run: PipelineRun, template: PodTemplate): V1Affinity {
  const { placing } = firstRecord(run);
  return firstAffinity(run, decidedAffinity(template, placing), placing);
}

/** Made again for a run that is under way, it joins its pods and asks for the floor: as if it were settled. */
function recordAtFirst(
  run: PipelineRun,
  { affinity }: PodTemplate,
  claims: readonly string[],
): PlaceholderRecord {
  const record = firstRecord(run);
  if (claims.length > 0) record.claims = [...claims];
  if (!hasBeenLetGo(run)) return record;
  record.isSettled = true;
  const nearness = requiredPodTerms(affinity);
  if (nearness.length > 0) record.nearness = nearness;
  return record;
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
  { limits, volumes, claims = [] }: Surroundings,
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
      annotations: {
        [RESERVATION_ANNOTATION]: JSON.stringify(reservation),
        [RECORD_ANNOTATION]: JSON.stringify(recordAtFirst(run, template, claims)),
      },
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
