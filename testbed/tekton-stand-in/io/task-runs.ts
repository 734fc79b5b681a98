/** Carrying out what is decided for a TaskRun. */
import type { V1Pod } from "@kubernetes/client-node";
import { isDone } from "../conditions";
import { annotation, readyValue } from "../keys";
import { isOwnedBy } from "../metadata";
import { podName } from "../names";
import { consequence, waiting } from "../task/pod-refusal";
import { marked, withPod, type TaskDefinition } from "../task/marks";
import { reconcileTaskRun } from "../task/run";
import type { Labels, TaskRun, TaskSpec, WantedPod } from "../types";
import { refusalOf, type Api } from "./api";
import { whereabouts } from "../resolvers";
import { isOurs, type Stores } from "./stores";
import type { Again } from "./work-queue";
import { writeBack } from "./write-back";

type Task = { metadata: { name: string; labels?: Labels; annotations?: Labels }; spec: TaskSpec };

async function taskOf(api: Api, run: TaskRun): Promise<TaskDefinition | undefined> {
  const { taskRef, taskSpec } = run.spec;
  const name = taskRef?.name;
  if (run.status?.taskSpec) return { spec: run.status.taskSpec, ...(name ? { name } : {}) };
  if (taskSpec) return { spec: taskSpec };
  const where = taskRef && whereabouts(taskRef, run.metadata.namespace);
  const found = where && (await api.get<Task>("Task", where.namespace, where.name));
  return found && { ...found.metadata, spec: found.spec };
}

export class TaskRunController {
  constructor(
    private readonly api: Api,
    private readonly stores: Stores,
  ) {}

  /**
   * @param key namespace/name
   * @param again has the key worked on once more, after that many milliseconds
   */
  async reconcile(key: string, again: Again): Promise<void> {
    const seen = this.stores.taskRuns.get(key);
    if (!seen || !isOurs(seen) || isDone(seen) || seen.metadata.deletionTimestamp) return;
    const before = structuredClone(seen);
    const { namespace } = before.metadata;
    const outcome = reconcileTaskRun({
      run: before,
      task: await taskOf(this.api, before),
      pod: this.#podOf(before),
      now: Date.now(),
    });
    for (const claim of outcome.claims ?? []) await this.api.createClaim(claim);
    if (outcome.markReady)
      await this.api.annotatePod(namespace, outcome.markReady, { [annotation.ready]: readyValue });
    if (outcome.deletePod) await this.api.deletePod(namespace, outcome.deletePod);
    const run = outcome.createPod
      ? await this.#withNewPod(again, outcome.run, outcome.createPod)
      : outcome.run;
    await writeBack(this.api, this.stores.of("TaskRun"), before, run);
    if (outcome.requeueAfterMilliseconds !== undefined && run.status?.startTime) {
      again(outcome.requeueAfterMilliseconds);
    }
  }

  #podOf(run: TaskRun): V1Pod | undefined {
    const { name, namespace } = run.metadata;
    const pod = this.stores.pods.get(
      `${namespace}/${run.status?.podName ?? podName(name, run.status?.retriesStatus?.length ?? 0)}`,
    );
    return pod && isOwnedBy(pod, run) ? pod : undefined;
  }

  async #withNewPod(again: Again, run: TaskRun, wanted: WantedPod): Promise<TaskRun> {
    try {
      const pod = (await this.api.createPod(wanted)) as V1Pod;
      this.stores.pods.put(pod);
      return withPod(run, pod, Date.now());
    } catch (error) {
      const refusal = refusalOf(error);
      // Not an answer of the API server, or one that it will give otherwise soon.
      if (!refusal || refusal.code === 429) throw error;
      if (refusal.reason === "AlreadyExists") return this.#withExistingPod(run, wanted);
      const result = consequence(run.metadata.name, refusal);
      if (result.status === "False") return marked(run, { ...result, status: "False" }, Date.now());
      if (result.retryAfterMilliseconds !== undefined) again(result.retryAfterMilliseconds);
      return waiting(run, result, Date.now());
    }
  }

  async #withExistingPod(run: TaskRun, { metadata }: WantedPod): Promise<TaskRun> {
    const pod = await this.api.readPod(metadata.namespace, metadata.name);
    if (pod && isOwnedBy(pod, run)) return withPod(run, pod, Date.now());
    throw new Error(`a pod ${metadata.name} that is not this TaskRun's is in the way`);
  }
}
