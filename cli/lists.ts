/** Lists of the API server's, page by page, of one namespace or of all. */
import type { CoreV1Event, V1Node, V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import type { KubeClients } from "../capabilities/kube/client";
import { eachItem, type Page } from "../capabilities/kube/pages";
import { PIPELINE_RUN_V1, TASK_RUN_V1, type PipelineRun, type TaskRun } from "../capabilities/tekton/objects";

const PAGE_SIZE = 500;

export interface Which {
  /** Undefined: all. */
  namespace?: string | undefined;
  labelSelector?: string;
  fieldSelector?: string;
}

async function all<T>(list: (_continue: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  await eachItem(list, item => items.push(item));
  return items;
}

export class Lists {
  constructor(private readonly clients: KubeClients) {}

  pods({ namespace, ...which }: Which): Promise<V1Pod[]> {
    const { core } = this.clients;
    return all(_continue => {
      const page = { ...which, limit: PAGE_SIZE, _continue };
      return namespace === undefined
        ? core.listPodForAllNamespaces(page)
        : core.listNamespacedPod({ namespace, ...page });
    });
  }

  statefulSets({ namespace, ...which }: Which): Promise<V1StatefulSet[]> {
    const { apps } = this.clients;
    return all(_continue => {
      const page = { ...which, limit: PAGE_SIZE, _continue };
      return namespace === undefined
        ? apps.listStatefulSetForAllNamespaces(page)
        : apps.listNamespacedStatefulSet({ namespace, ...page });
    });
  }

  events({ namespace, ...which }: Which): Promise<CoreV1Event[]> {
    const { core } = this.clients;
    return all(_continue => {
      const page = { ...which, limit: PAGE_SIZE, _continue };
      return namespace === undefined
        ? core.listEventForAllNamespaces(page)
        : core.listNamespacedEvent({ namespace, ...page });
    });
  }

  nodes(): Promise<V1Node[]> {
    return all(_continue => this.clients.core.listNode({ limit: PAGE_SIZE, _continue }));
  }

  runs(which: Which): Promise<PipelineRun[]> {
    return this.#custom<PipelineRun>(PIPELINE_RUN_V1, which);
  }

  taskRuns(which: Which): Promise<TaskRun[]> {
    return this.#custom<TaskRun>(TASK_RUN_V1, which);
  }

  #custom<T>({ group, version, plural }: typeof TASK_RUN_V1, { namespace, ...which }: Which): Promise<T[]> {
    const { custom } = this.clients;
    return all<T>(_continue => {
      const page = { group, version, plural, ...which, limit: PAGE_SIZE, _continue };
      return namespace === undefined
        ? custom.listCustomObjectForAllNamespaces(page)
        : custom.listNamespacedCustomObject({ namespace, ...page });
    });
  }
}
