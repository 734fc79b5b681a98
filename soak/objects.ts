/** Questions that are asked of objects, and answered as a user would: not with the operator's own code. */
import type { KubernetesObject, V1OwnerReference, V1Pod } from "@kubernetes/client-node";
import { HOSTNAME_TOPOLOGY, KEY_PREFIX } from "../capabilities/keys";
import type { PipelineRun } from "../capabilities/tekton/objects";

export const uidOf = (object: KubernetesObject): string => object.metadata!.uid!;
export const labelOf = (object: KubernetesObject, label: string): string | undefined =>
  object.metadata?.labels?.[label];
export const fullName = ({ metadata }: KubernetesObject): string =>
  `${metadata?.namespace ?? ""}/${metadata?.name}`;

export const controllerOf = ({ metadata }: KubernetesObject): V1OwnerReference | undefined =>
  metadata?.ownerReferences?.find(({ controller }) => controller === true);

export const hasFinished = ({ status }: V1Pod): boolean =>
  status?.phase === "Succeeded" || status?.phase === "Failed";

/** What a user chose. */
export function choiceOf(
  run: PipelineRun,
  key: "isolation" | "isolation-scope" | "topology-key" | "isolation-topology-key",
): string {
  const defaults = {
    isolation: "required",
    "isolation-scope": "cluster",
    "topology-key": HOSTNAME_TOPOLOGY,
    "isolation-topology-key": HOSTNAME_TOPOLOGY,
  };
  return run.metadata?.annotations?.[KEY_PREFIX + key] ?? defaults[key];
}

const NAME_LABEL = "app.kubernetes.io/name";
const COMPONENT_LABEL = "app.kubernetes.io/component";

/** By its labels, spelled out here: the operator's own constants could be wrong. */
export const isLabelledPlaceholder = (object: KubernetesObject): boolean =>
  labelOf(object, NAME_LABEL) === "pipelinerun-pod-affinity" &&
  labelOf(object, COMPONENT_LABEL) === "placeholder";
