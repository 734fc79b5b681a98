/** The StatefulSet that anchors a run, as it should be. The same run and settings give the same object. */
import type {
  V1Affinity,
  V1PodAffinityTerm,
  V1PodSpec,
  V1PodTemplateSpec,
  V1StatefulSet,
} from "@kubernetes/client-node";
import type { Settings } from "../config";
import {
  APP_NAME,
  APP_NAME_LABEL,
  COMPONENT_LABEL,
  INSTANCE_LABEL,
  PLACEHOLDER_COMPONENT,
  PLACEHOLDER_LABEL,
  TEKTON_PIPELINE_RUN_LABEL,
} from "../keys";
import type { PipelineRun, PodTemplate } from "../tekton";
import { choicesOf, type Choices } from "./choices";
import { placeholderName } from "./names";
import { requiredPodTerms, withOnlyRequiredTerm } from "./required-term";

export type PlaceholderSettings = Pick<
  Settings,
  "PLACEHOLDER_IMAGE" | "PLACEHOLDER_CPU" | "PLACEHOLDER_MEMORY"
>;

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

/**
 * The affinity with which a placeholder looks for its node. When the run requires pod affinity of its
 * own, that comes first and the placeholder is settled once it is bound; otherwise, and for a run that
 * has been let go already, it is settled from the start. It cannot require both, see required-term.ts.
 */
function firstAffinity(run: PipelineRun, template: PodTemplate): V1Affinity {
  const letGo = run.metadata?.labels?.[PLACEHOLDER_LABEL] !== undefined;
  if (letGo || requiredPodTerms(template.affinity).length === 0) return settledAffinity(run, template);
  return isolated(template.affinity!, choicesOf(run.metadata?.annotations ?? {}));
}

/** Whether a placeholder, should its pod be made again, can only join the pods of its run. */
export function isSettled(statefulSet: V1StatefulSet): boolean {
  const name = statefulSet.metadata!.name!;
  return requiredPodTerms(statefulSet.spec?.template.spec?.affinity).some(
    term => term.labelSelector?.matchLabels?.[PLACEHOLDER_LABEL] === name,
  );
}

/** Meets the restricted Pod Security Standard, and stops at once. */
function podSpec(template: PodTemplate, affinity: V1Affinity, settings: PlaceholderSettings): V1PodSpec {
  return {
    ...template,
    affinity,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 0,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: PLACEHOLDER_COMPONENT,
        image: settings.PLACEHOLDER_IMAGE,
        resources: { requests: { cpu: settings.PLACEHOLDER_CPU, memory: settings.PLACEHOLDER_MEMORY } },
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
    spec: podSpec(template, firstAffinity(run, template), settings),
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
): V1StatefulSet {
  const { name: runName, namespace, uid } = run.metadata!;
  const name = placeholderName(runName!);
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: {
      name,
      namespace: namespace!,
      labels: { ...identityOf(name), [TEKTON_PIPELINE_RUN_LABEL]: runName! },
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
      template: podTemplate(run, name, template, settings),
    },
  };
}
