/** Watching the cluster: what is seen goes to the stores, and the keys it concerns to the queues. */
import {
  makeInformer,
  type KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  type V1Pod,
} from "@kubernetes/client-node";
import type { KubeClients } from "../../../capabilities/kube-client";
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

/** A watch that broke is begun anew after this long. */
const restartMilliseconds = 500;

interface Watched<T> {
  path: string;
  list: () => Promise<KubernetesListObject<T & KubernetesObject>>;
  store: Store<T & KubernetesObject>;
  seen: (object: T, isGone: boolean) => void;
  labelSelector?: string;
}

/** What went wrong in a line: the errors of the client have the whole answer in their message. */
function inShort(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: string };
  return code === undefined ? (message ?? String(error)) : `HTTP status ${String(code)}`;
}

/** Resolves when everything that there is has been seen once. A watch that breaks is begun anew, for ever. */
function watch<T>(
  kubeConfig: KubeConfig,
  { path, list, store, seen, labelSelector }: Watched<T>,
): Promise<void> {
  return new Promise(resolve => {
    const first = async (): ReturnType<typeof list> => {
      const all = await list();
      resolve();
      return all;
    };
    const informer = makeInformer<T & KubernetesObject>(kubeConfig, path, first, labelSelector);
    const put = (object: T & KubernetesObject): void => {
      store.put(object);
      seen(object, false);
    };
    informer.on("add", put);
    informer.on("update", put);
    informer.on("delete", object => {
      store.delete(object);
      seen(object, true);
    });
    const restart = (error: unknown): void => {
      console.error(
        `the watch of ${path} broke (${inShort(error)}); it begins anew in ${restartMilliseconds} ms`,
      );
      setTimeout(() => void informer.start().catch(restart), restartMilliseconds);
    };
    informer.on("error", restart);
    informer.start().catch(restart);
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
    return watch<KubernetesObject>(kubeConfig, {
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
    watch<V1Pod>(kubeConfig, {
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
