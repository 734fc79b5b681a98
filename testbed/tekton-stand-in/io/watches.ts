/** Watching the cluster: what is seen goes to the stores, and the keys it concerns to the queues. */
import type { KubeConfig, KubernetesListObject, KubernetesObject, V1Pod } from "@kubernetes/client-node";
import type { KubeClients } from "../../../capabilities/kube/client";
import { watch, type Watched } from "../../watch";
import { group, label } from "../keys";
import type { ChildKind } from "../types";
import { resources } from "./api";
import { keyOf, type Store } from "./store";
import type { Stores } from "./stores";
import type { WorkQueue } from "./work-queue";

export interface Queues {
  pipelineRuns: WorkQueue;
  taskRuns: WorkQueue;
}

interface Stored<T> extends Required<Pick<Watched<T>, "path" | "list" | "seen">> {
  labelSelector?: string;
  store: Store<T & KubernetesObject>;
}

/** Puts what is seen into the store before it is told. */
async function watchInto<T>(kubeConfig: KubeConfig, { store, ...watched }: Stored<T>): Promise<void> {
  await watch<T>(kubeConfig, {
    ...watched,
    seen: (object, isGone) => {
      if (isGone) store.delete(object);
      else store.put(object);
      watched.seen(object, isGone);
    },
  });
}

/** The key of the object's owner, when that is of the kind. */
function ownerKey({ metadata }: KubernetesObject, kind: string): string[] {
  const owner = metadata?.ownerReferences?.[0];
  return owner?.kind === kind && owner.apiVersion.startsWith(`${group}/`)
    ? [`${metadata!.namespace}/${owner.name}`]
    : [];
}

/** Begins all watches. Resolves when everything that there is has been seen once. */
export async function watchAll(
  kubeConfig: KubeConfig,
  clients: KubeClients,
  stores: Stores,
  queues: Queues,
): Promise<void> {
  const runs = (kind: ChildKind, own: WorkQueue | undefined) => {
    const { version, plural } = resources[kind];
    return watchInto<KubernetesObject>(kubeConfig, {
      path: `/apis/${group}/${version}/${plural}`,
      list: () =>
        clients.custom.listClusterCustomObject({ group, version, plural }) as Promise<
          KubernetesListObject<KubernetesObject>
        >,
      store: stores.of(kind) as unknown as Store<KubernetesObject>,
      seen: (object, isGone) => {
        if (isGone) own?.forget(keyOf(object));
        else own?.add(keyOf(object));
        for (const key of ownerKey(object, "PipelineRun")) queues.pipelineRuns.add(key);
      },
    });
  };
  const labelSelector = label.taskRun;
  await Promise.all([
    runs("PipelineRun", queues.pipelineRuns),
    runs("TaskRun", queues.taskRuns),
    runs("CustomRun", undefined),
    watchInto<V1Pod>(kubeConfig, {
      path: "/api/v1/pods",
      list: () => clients.core.listPodForAllNamespaces({ labelSelector }),
      labelSelector,
      store: stores.pods,
      seen: pod => {
        for (const key of ownerKey(pod, "TaskRun")) queues.taskRuns.add(key);
      },
    }),
  ]);
}
