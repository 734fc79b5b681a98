/** What a preview rests on beside the run itself. */
import type {
  V1ConfigMap,
  V1LimitRange,
  V1Node,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1PriorityClass,
  V1ResourceQuota,
  V1RuntimeClass,
  V1StorageClass,
} from "@kubernetes/client-node";
import { summaryOf, type NodeSummary } from "../capabilities/placement/never-fits";
import { priorityIn, type Priorities, type Priority } from "../capabilities/placement/priority";
import type { Storage } from "../capabilities/placement/volumes";
import type { Definitions } from "../capabilities/demand/task-graph";
import type { RuntimeClasses } from "../capabilities/placement/pod-templates";
import type { TektonDefaults } from "../capabilities/demand/tekton-defaults";
import { CONFIG_DEFAULTS, FEATURE_FLAGS, TEKTON_GROUP } from "../capabilities/keys";
import { flagsOf } from "../capabilities/kube/feature-flags";
import type { PodTemplate } from "../capabilities/tekton/objects";
import { groupOf, specOf, type ManifestObject } from "./manifest";
import { defaultPodTemplateOf, tektonDefaultsIn } from "./tekton-defaults";

/** Names that are not in a map have not been looked for. */
export interface Surroundings {
  pipelines: Definitions["pipelines"];
  tasks: Definitions["tasks"];
  notAllowed?: Definitions["notAllowed"];
  limitRanges: readonly V1LimitRange[];
  /** Undefined when nobody has looked for the namespace. */
  namespaceLabels: Record<string, string> | undefined;
  runtimeClasses: RuntimeClasses;
  /** Which Tekton puts into each run; undefined where there is none, or nobody has looked for it. */
  defaultPodTemplate: PodTemplate | undefined;
  /** Sentences for people: what might count and may not be read. */
  notes: string[];
  storage: Storage;
  /** As a cluster counts them; in a file nothing is used. */
  quotas: readonly V1ResourceQuota[];
  /** Undefined when nobody has looked for it: Tekton's ConfigMap config-defaults. */
  tektonDefaults: TektonDefaults | undefined;
  /** By Tekton's ConfigMap feature-flags; undefined when nobody has looked for it. */
  resultsBySidecar: boolean | undefined;
  /** The values of priority classes; undefined stands for the cluster's default. */
  priorities: Priorities;
  /** Undefined when nobody has looked for them. */
  nodes: readonly NodeSummary[] | undefined;
}

/**
 * Those of the file's objects that are in the run's namespace or in none, Tekton's defaults, which are in its own, and
 * Pipelines and Tasks of any namespace, for the resolver `cluster`.
 *
 * @throws ManifestError when Tekton's default pod template cannot be read
 */
export function surroundingsIn(objects: ManifestObject[], namespace: string): Surroundings {
  const near = objects.filter(({ metadata }) => (metadata.namespace || namespace) === namespace);
  const ofKind = (group: string, kind: string) =>
    near.filter(object => groupOf(object) === group && object.kind === kind);
  const byName = <T>(items: ManifestObject[], value: (item: ManifestObject) => T): Map<string, T> =>
    new Map(items.map(item => [item.metadata.name ?? "", value(item)]));
  const definitions = (kind: string): Map<string, object | undefined> => {
    const all = objects.filter(object => groupOf(object) === TEKTON_GROUP && object.kind === kind);
    const keyOf = ({ metadata }: ManifestObject) => `${metadata.namespace || namespace}/${metadata.name}`;
    const everywhere = all.map(item => [keyOf(item), specOf(item)] as const);
    return new Map([...byName(ofKind(TEKTON_GROUP, kind), specOf), ...everywhere]);
  };
  const priorityClasses = ofKind("scheduling.k8s.io", "PriorityClass");
  const priorityOf = (item: ManifestObject): Priority =>
    priorityIn({ ...(item as object as V1PriorityClass), value: Number(item["value"] ?? 0) });
  const storageClasses = ofKind("storage.k8s.io", "StorageClass") as object[] as V1StorageClass[];
  const configDefaults = objects.find(isConfigMap(CONFIG_DEFAULTS));
  const featureFlags = objects.find(isConfigMap(FEATURE_FLAGS));
  const nodes = objects.filter(
    object => groupOf(object) === "" && object.kind === "Node",
  ) as object[] as V1Node[];
  const byDefault = priorityClasses.find(item => item["globalDefault"] === true);
  return {
    pipelines: definitions("Pipeline"),
    tasks: definitions("Task"),
    limitRanges: ofKind("", "LimitRange") as object[] as V1LimitRange[],
    namespaceLabels: namespaceLabels(ofKind("", "Namespace"), namespace),
    runtimeClasses: byName(ofKind("node.k8s.io", "RuntimeClass"), item => item as object as V1RuntimeClass),
    notes: [],
    defaultPodTemplate: defaultPodTemplateOf(configDefaults),
    storage: {
      claims: byName(ofKind("", "PersistentVolumeClaim"), item => item as object as V1PersistentVolumeClaim),
      volumes: byName(ofKind("", "PersistentVolume"), item => item as object as V1PersistentVolume),
      classes: storageClasses.length > 0 ? storageClasses : undefined,
    },
    quotas: (ofKind("", "ResourceQuota") as object[] as V1ResourceQuota[]).map(counted),
    tektonDefaults: configDefaults && tektonDefaultsIn(configDefaults),
    resultsBySidecar: featureFlags && flagsOf(featureFlags as V1ConfigMap).resultsBySidecar,
    nodes: nodes.length > 0 ? nodes.map(summaryOf) : undefined,
    priorities: new Map<string | undefined, Priority>([
      ...byName(priorityClasses, priorityOf),
      ...(byDefault ? ([[undefined, priorityOf(byDefault)]] as const) : []),
    ]),
  };
}

const counted = (quota: V1ResourceQuota): V1ResourceQuota => ({
  ...quota,
  status: quota.status ?? { hard: quota.spec?.hard ?? {} },
});

const isConfigMap =
  (name: string) =>
  (object: ManifestObject): boolean =>
    groupOf(object) === "" && object.kind === "ConfigMap" && object.metadata.name === name;

function namespaceLabels(namespaces: ManifestObject[], name: string): Record<string, string> | undefined {
  const found = namespaces.find(({ metadata }) => metadata.name === name);
  return found && (found.metadata.labels ?? {});
}
