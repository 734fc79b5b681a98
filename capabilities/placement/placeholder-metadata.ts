/**
 * Labels and annotations of a placeholder's pod: what finds it, what keeps others from changing it, and what has policies
 * and webhooks place it as they place the pods of its run.
 */
import type { V1ObjectMeta } from "@kubernetes/client-node";
import { listed } from "../choices/lists";
import { clusterTemplateOf } from "../choices/placeholder-template";
import { NOT_SAID, type Settings } from "../choices/settings";
import {
  APP_GROUP,
  APP_NAME,
  GATED_BY_ANNOTATION,
  INSTANCE_LABEL,
  KEY_PREFIX,
  KUEUE_PREFIX,
  MANAGED_BY_LABEL,
  PLACEHOLDER_LABEL,
  PLACEHOLDER_LABELS,
  TEKTON_GROUP,
  TEKTON_MANAGED_BY,
  TEKTON_PIPELINE_RUN_LABEL,
} from "../keys";
import type { PipelineRun } from "../tekton/objects";

export const identityOf = (name: string) => ({ ...PLACEHOLDER_LABELS, [INSTANCE_LABEL]: name });

/** A proxy in a pod that speaks with nobody does nothing but take room; some wait for it before the rest starts. */
const NO_MESH_LABELS = {
  // https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/
  "sidecar.istio.io/inject": "false",
  "istio.io/dataplane-mode": "none",
  // https://kuma.io/docs/latest/reference/kubernetes-annotations/
  "kuma.io/sidecar-injection": "disabled",
} as const;
const NO_MESH_ANNOTATIONS = {
  "sidecar.istio.io/inject": "false",
  "kuma.io/sidecar-injection": "disabled",
  // https://linkerd.io/2/features/proxy-injection/
  "linkerd.io/inject": "disabled",
  // https://developer.hashicorp.com/consul/docs/reference/k8s/annotation-label
  "consul.hashicorp.com/connect-inject": "false",
} as const;

/**
 * Keep autoscalers from taking the node away between two tasks, when its placeholder is all of a run that is there. Both
 * take a StatefulSet's pod for one that can be anywhere: see rules/replicated and rules/notsafetoevict in
 * cluster-autoscaler/simulator/drainability, and IsDisruptable in Karpenter's pkg/utils/pod/scheduling.go. With the
 * placeholder, which goes when its run has ended, they go as well.
 */
function keptByAutoscalers({ KARPENTER_DO_NOT_DISRUPT: value }: MetadataSettings): Record<string, string> {
  const annotations: Record<string, string> = { "cluster-autoscaler.kubernetes.io/safe-to-evict": "false" };
  if (value !== NOT_SAID) annotations["karpenter.sh/do-not-disrupt"] = value;
  return annotations;
}

/** A queue's own keys are for what the queue starts, see docs of the setting gateLabels. */
const NEVER_COPIED = [KEY_PREFIX, `${TEKTON_GROUP}/`, APP_GROUP, KUEUE_PREFIX];

/** No queue counts it: the room that it keeps is its run's, which is counted by itself or by its pods. */
const NO_QUEUE_ANNOTATIONS = { [GATED_BY_ANNOTATION]: APP_NAME } as const;

const means = (pattern: string, key: string): boolean =>
  pattern.endsWith("*") ? key.startsWith(pattern.slice(0, -1)) : key === pattern;

function copied(
  map: Record<string, string> | undefined,
  patterns: readonly string[],
): Record<string, string> {
  const wanted = Object.entries(map ?? {}).filter(
    ([key]) =>
      patterns.some(pattern => means(pattern, key)) && !NEVER_COPIED.some(own => key.startsWith(own)),
  );
  return Object.fromEntries(wanted);
}

export type MetadataSettings = Pick<
  Settings,
  "PLACEHOLDER_COPIED_KEYS" | "PLACEHOLDER_TEMPLATE" | "KARPENTER_DO_NOT_DISRUPT"
>;

/**
 * @param name the placeholder's
 * @param managedBy what Tekton labels its pods with: a policy that sends those to some nodes means this one as well. Null
 * where the run's own pods keep off, or count, all pods with that label
 */
export function placeholderMetadata(
  { metadata }: PipelineRun,
  name: string,
  settings: MetadataSettings,
  managedBy: string | null = TEKTON_MANAGED_BY,
): V1ObjectMeta {
  const patterns = listed(settings.PLACEHOLDER_COPIED_KEYS);
  const template = clusterTemplateOf(settings.PLACEHOLDER_TEMPLATE);
  return {
    labels: {
      ...copied(metadata?.labels, patterns),
      ...template.labels,
      ...NO_MESH_LABELS,
      ...identityOf(name),
      ...(managedBy !== null && { [MANAGED_BY_LABEL]: managedBy }),
      [TEKTON_PIPELINE_RUN_LABEL]: metadata!.name!,
      [PLACEHOLDER_LABEL]: name,
    },
    annotations: {
      ...copied(metadata?.annotations, patterns),
      ...template.annotations,
      ...NO_MESH_ANNOTATIONS,
      ...NO_QUEUE_ANNOTATIONS,
      ...keptByAutoscalers(settings),
    },
  };
}
