/** A cluster with a real Kueue and the operator: namespaces with queues, and what Kueue has made of runs. */
import type { KubernetesObject } from "@kubernetes/client-node";
import { WORKLOADS } from "../../capabilities/keys";
import { stopAfterFailure } from "../../testbed/cluster";
import { startKueue, startTektonKueue } from "../../testbed/kueue/start";
import { applyObjects } from "../../testbed/manifests";
import { until } from "../../testbed/until";
import { OperatedCluster, RUN_MILLISECONDS } from "../operated-cluster";

const KUEUE_V1BETA2 = "kueue.x-k8s.io/v1beta2";
const FLAVOR = "any";
export const QUEUE = "kueue.x-k8s.io/queue-name";
/** A LocalQueue of this name is that of every pod of its namespace. */
const DEFAULT = "default";

export interface Workload extends KubernetesObject {
  spec: { podSets: { template: { spec: { containers: { resources?: { requests?: object } }[] } } }[] };
  status?: { conditions?: { type: string; status: string; lastTransitionTime: string }[] };
}

export interface Quota {
  /** Of runs that tekton-kueue counts. */
  runs: number;
  cpu?: string;
  memory?: string;
  /** `HoldAndDrain` takes back what was admitted. */
  stopPolicy?: "None" | "HoldAndDrain";
}

function queueFor(namespace: string, localQueue: string, quota: Quota) {
  const { runs, cpu = "100", memory = "1000Gi", stopPolicy = "None" } = quota;
  const quotas = { cpu, memory, pods: 1000, "tekton.dev/pipelineruns": runs };
  const resources = Object.entries(quotas).map(([name, nominalQuota]) => ({ name, nominalQuota }));
  return [
    {
      apiVersion: KUEUE_V1BETA2,
      kind: "ClusterQueue",
      metadata: { name: namespace },
      spec: {
        stopPolicy,
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        resourceGroups: [{ coveredResources: Object.keys(quotas), flavors: [{ name: FLAVOR, resources }] }],
      },
    },
    {
      apiVersion: KUEUE_V1BETA2,
      kind: "LocalQueue",
      metadata: { name: localQueue, namespace },
      spec: { clusterQueue: namespace },
    },
  ];
}

export class Queued {
  private constructor(readonly operated: OperatedCluster) {}

  static async start(name: string): Promise<Queued> {
    const settings = { POD_AFFINITY_QUEUE_REQUESTS: "tekton-kueue" };
    const operated = await OperatedCluster.start(name, 8, { settings });
    try {
      await startKueue(operated.cluster);
      await startTektonKueue(operated.cluster);
      const flavor = { apiVersion: KUEUE_V1BETA2, kind: "ResourceFlavor", metadata: { name: FLAVOR } };
      await applyObjects(operated.cluster.kubeconfigFile, [flavor]);
    } catch (error) {
      await stopAfterFailure(operated);
      throw error;
    }
    return new Queued(operated);
  }

  /** @param localQueue see {@link DEFAULT} */
  async createNamespace(name: string, localQueue: string, quota: Quota): Promise<void> {
    await this.operated.createNamespace(name);
    await applyObjects(this.operated.cluster.kubeconfigFile, queueFor(name, localQueue, quota));
    // Kueue's webhook goes by what Kueue's own watch has seen.
    if (localQueue === DEFAULT) {
      await until("pods to be queued by default", RUN_MILLISECONDS, () => this.#isQueued(name));
    }
  }

  async #isQueued(namespace: string): Promise<boolean> {
    const body = { metadata: { name: "probe" }, spec: { containers: [{ name: "c", image: "pause" }] } };
    const { core } = this.operated.cluster.clients;
    const { metadata } = await core.createNamespacedPod({ namespace, body, dryRun: "All" });
    return metadata?.labels?.[QUEUE] === DEFAULT;
  }

  /** Changes how many runs the namespace's queue admits at once, and whether it goes on at all. */
  async allow(namespace: string, localQueue: string, quota: Quota): Promise<void> {
    await applyObjects(this.operated.cluster.kubeconfigFile, queueFor(namespace, localQueue, quota));
  }

  async workloads(namespace: string): Promise<Workload[]> {
    const which = { group: WORKLOADS.group, version: "v1beta2", plural: WORKLOADS.plural, namespace };
    const list = await this.operated.cluster.clients.custom.listNamespacedCustomObject(which);
    return (list as { items: Workload[] }).items;
  }

  /** A run's Workload: by its owner, as its label is what the operator looks for. */
  async workloadOf(uid: string, namespace: string): Promise<Workload | undefined> {
    const all = await this.workloads(namespace);
    return all.find(({ metadata }) => metadata?.ownerReferences?.some(owner => owner.uid === uid));
  }
}

/** When the Workload was admitted, in milliseconds since 1970 (whole seconds); undefined while it is not. */
export function admittedAt(workload: Workload | undefined): number | undefined {
  const admitted = workload?.status?.conditions?.find(({ type }) => type === "Admitted");
  return admitted?.status === "True" ? Date.parse(admitted.lastTransitionTime) : undefined;
}
