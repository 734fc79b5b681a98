/** The StatefulSet that anchors a run, as it should be. The same run and settings give the same object. */
import type {
  V1Affinity,
  V1PodSpec,
  V1ResourceRequirements,
  V1StatefulSet,
  V1Toleration,
  V1Volume,
} from "@kubernetes/client-node";
import { clusterTemplateOf } from "../choices/placeholder-template";
import type { Settings } from "../choices/settings";
import {
  PLACEHOLDER_COMPONENT,
  RECORD_ANNOTATION,
  RESERVATION_ANNOTATION,
  TEKTON_PIPELINE_RUN_LABEL,
} from "../keys";
import type { PipelineRun, PodTemplate } from "../tekton/objects";
import { placeholderName } from "./names";
import { decidedAffinity, firstAffinity, hasBeenLetGo } from "./placeholder-affinity";
import { identityOf, placeholderMetadata, type MetadataSettings } from "./placeholder-metadata";
import { requiredPodTerms } from "./required-term";
import { resourcesFor } from "../room/placeholder-size";
import type { Reservation } from "../room/reservation";
import { firstRecord, type PlaceholderRecord } from "./record";

export type PlaceholderSettings = MetadataSettings & Pick<Settings, "PLACEHOLDER_IMAGE">;

/** What a placeholder has of its namespace and of Tekton. */
export interface Surroundings {
  /** Whether limits are asked for, see needsLimits. */
  limits: boolean;
  /** See volumes.ts. */
  volumes: V1Volume[];
  /** Claims whose place its affinity knows, see volume-places.ts. Default: none. */
  claims?: readonly string[];
  /** Tekton's label of pods, see placeholder-metadata.ts. */
  managedBy?: string | null | undefined;
}

/** Meets the restricted Pod Security Standard, and stops at once. */
function podSpec(
  run: PipelineRun,
  template: PodTemplate,
  settings: PlaceholderSettings,
  resources: V1ResourceRequirements,
  volumes: V1Volume[],
): V1PodSpec {
  const cluster = clusterTemplateOf(settings.PLACEHOLDER_TEMPLATE);
  const serviceAccountName = run.spec?.taskRunTemplate?.serviceAccountName;
  const spec: V1PodSpec = {
    ...template,
    // The run's pods go where their own selectors say.
    nodeSelector: { ...cluster.nodeSelector, ...template.nodeSelector },
    tolerations: [...(template.tolerations ?? []), ...(cluster.tolerations as V1Toleration[])],
    affinity: affinityAtFirst(run, template),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 0,
    securityContext: {
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
      ...cluster.podSecurityContext,
    },
    containers: [
      {
        name: PLACEHOLDER_COMPONENT,
        image: settings.PLACEHOLDER_IMAGE,
        resources,
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
          ...cluster.securityContext,
        },
      },
    ],
  };
  // What OpenShift's SCC, pull secrets and policies allow goes by it; its token is not mounted.
  if (typeof serviceAccountName === "string" && serviceAccountName !== "") {
    spec.serviceAccountName = serviceAccountName;
  }
  if (volumes.length > 0) spec.volumes = volumes;
  return spec;
}

export function affinityAtFirst(run: PipelineRun, template: PodTemplate): V1Affinity {
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
  { limits, volumes, claims = [], managedBy }: Surroundings,
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
      template: {
        metadata: placeholderMetadata(run, name, settings, managedBy),
        spec: podSpec(run, template, settings, resourcesFor(asked, limits), volumes),
      },
    },
  };
}
