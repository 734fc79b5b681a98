/** Makes runs with all that belongs to them, directly through the API, as a cluster has them that keeps its history. */
import type { V1Pod } from "@kubernetes/client-node";
import { MERGE_PATCH } from "../../capabilities/kube/json-patch";
import { PIPELINE_RUN_V1, TASK_RUN_V1 } from "../../capabilities/tekton/objects";
import type { Cluster } from "../../testbed/cluster";
import {
  endedPodStatus,
  endedRunStatus,
  endedTaskRunStatus,
  heldRun,
  releasedRun,
  taskRun,
  taskRunPod,
  type Named,
  type Shape,
} from "./objects";

/** Bytes of an object as it is stored and sent, with what the API server adds. */
export interface Sizes {
  run: number;
  taskRun: number;
  pod: number;
}

interface Child {
  taskRun: Named;
  pod: V1Pod;
}

const bytes = (object: unknown): number => Buffer.byteLength(JSON.stringify(object));

export class Filler {
  constructor(
    private readonly cluster: Cluster,
    private readonly namespace: string,
    /** Where the pods of TaskRuns that have ended were: it has no kubelet. */
    private readonly pastNode: string,
    private readonly shape: Shape,
  ) {}

  async hold(name: string): Promise<void> {
    await this.#create(PIPELINE_RUN_V1, heldRun(name));
  }

  /** A run that was released and has ended, with its TaskRuns and pods. */
  async endedRun(name: string): Promise<Sizes> {
    const run = await this.#create(PIPELINE_RUN_V1, releasedRun(name, this.pastNode, this.shape));
    const children = await this.children(run, { running: 0, node: this.pastNode });
    return { ...children, run: await this.end(run) };
  }

  /**
   * TaskRuns of a run with their pods. Some run, on the node of the placeholder; the others have ended, on a node that
   * nobody plays with.
   *
   * @returns the sizes of the first, which has ended
   */
  async children(
    run: Named,
    { running, node }: { running: number; node: string },
  ): Promise<Omit<Sizes, "run">> {
    const ended = this.shape.tasks - running;
    const indexes = Array.from({ length: this.shape.tasks }, (_, index) => index);
    const [first] = await Promise.all(
      indexes.map(index => (index < ended ? this.#endedChild(run, index) : this.#child(run, index, node))),
    );
    return { taskRun: bytes(first!.taskRun), pod: bytes(first!.pod) };
  }

  /** @returns the size of the run */
  async end(run: Named): Promise<number> {
    return bytes(await this.#writeStatus(PIPELINE_RUN_V1, run, endedRunStatus(run, this.shape)));
  }

  async #child(run: Named, index: number, node: string): Promise<Child> {
    const made = await this.#create(TASK_RUN_V1, taskRun(run, index));
    const body = taskRunPod(made, node, this.shape);
    const { core } = this.cluster.clients;
    return { taskRun: made, pod: await core.createNamespacedPod({ namespace: this.namespace, body }) };
  }

  async #endedChild(run: Named, index: number): Promise<Child> {
    const made = await this.#child(run, index, this.pastNode);
    const { core } = this.cluster.clients;
    const where = { namespace: this.namespace, name: made.pod.metadata!.name! };
    const body = { status: endedPodStatus(made.pod) };
    return {
      pod: await core.patchNamespacedPodStatus({ ...where, body }, MERGE_PATCH),
      taskRun: await this.#writeStatus(
        TASK_RUN_V1,
        made.taskRun,
        endedTaskRunStatus(made.taskRun, this.shape),
      ),
    };
  }

  #create(kind: typeof PIPELINE_RUN_V1, body: object): Promise<Named> {
    const { custom } = this.cluster.clients;
    return custom.createNamespacedCustomObject({ ...kind, namespace: this.namespace, body });
  }

  /** Whatever the operator has written meanwhile. */
  #writeStatus(kind: typeof PIPELINE_RUN_V1, { metadata }: Named, status: object): Promise<Named> {
    const { custom } = this.cluster.clients;
    const where = { ...kind, namespace: this.namespace, name: metadata.name! };
    return custom.patchNamespacedCustomObjectStatus({ ...where, body: { status } }, MERGE_PATCH);
  }
}
