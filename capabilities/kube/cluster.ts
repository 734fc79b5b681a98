/**
 * What is read of runs and their placeholders: rarely, as the store knows what the watches tell. Writes, and what is read
 * around a run, stand in the files named below.
 */
import type { CoreV1Event, V1ObjectMeta, V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { HELD, HELD_LABEL, PLACEHOLDER_LABEL, PLACEHOLDER_SELECTOR } from "../keys";
import { isAboutMissingPod } from "../phases/refusal";
import { hasCustomTasks, type Observed } from "../phases/observed";
import { placeholderName } from "../placement/names";
import type { RunKey } from "../tekton/run-key";
import {
  CUSTOM_RUN,
  isChild,
  PIPELINE_RUN_V1,
  TASK_RUN_V1,
  type CustomRun,
  type PipelineRun,
  type TaskRun,
} from "../tekton/objects";
import { Budgets } from "./budgets";
import type { KubeClients } from "./client";
import { ClaimWrites } from "./claim-writes";
import { ifThere } from "./errors";
import { ACTIVE_PODS, eachItem, listVersion, METADATA_ONLY, type Listed, type Page } from "./pages";
import { PlaceholderWrites } from "./placeholder-writes";
import { RunWrites } from "./run-writes";
import { Surroundings } from "./surroundings";
import { hasWorkload } from "./workloads";

const PAGE_SIZE = 100;

/** All of one run, read afresh; the versions are those of the lists. */
export interface FreshRun {
  run: PipelineRun | undefined;
  statefulSet: V1StatefulSet | undefined;
  pods: V1Pod[];
  podsVersion: number;
  taskRuns: TaskRun[];
  taskRunsVersion: number;
  /** None of a run without custom tasks: they are not read then, and the version is 0. */
  customRuns: CustomRun[];
  customRunsVersion: number;
  children: PipelineRun[];
  childrenVersion: number;
}

const NAMES_PAGE_SIZE = 500;

const NO_CUSTOM_RUNS: Listed<CustomRun> = { items: [] };

export class Cluster {
  readonly runs: RunWrites;
  readonly placeholders: PlaceholderWrites;
  readonly claims: ClaimWrites;
  readonly budgets: Budgets;
  readonly surroundings: Surroundings;

  constructor(
    private readonly clients: KubeClients,
    tektonNamespace: string,
  ) {
    this.runs = new RunWrites(clients);
    this.placeholders = new PlaceholderWrites(clients);
    this.claims = new ClaimWrites(clients);
    this.budgets = new Budgets(clients);
    this.surroundings = new Surroundings(clients, tektonNamespace);
  }

  readRun({ namespace, name }: RunKey): Promise<PipelineRun | undefined> {
    return ifThere<PipelineRun>(
      this.clients.custom.getNamespacedCustomObject({ ...PIPELINE_RUN_V1, namespace, name }),
    );
  }

  readStatefulSet({ metadata }: V1StatefulSet): Promise<V1StatefulSet | undefined> {
    const { namespace, name } = metadata!;
    return ifThere(this.clients.apps.readNamespacedStatefulSet({ namespace: namespace!, name: name! }));
  }

  /** The run's pods that have not ended, its placeholder's among them. */
  async activePods({ namespace, name }: RunKey): Promise<{ pods: V1Pod[]; version: number }> {
    const labelSelector = `${PLACEHOLDER_LABEL}=${placeholderName(name)}`;
    const list = await this.clients.core.listNamespacedPod({
      namespace,
      labelSelector,
      fieldSelector: ACTIVE_PODS,
    });
    return { pods: list.items, version: listVersion(list) };
  }

  /** All that decisions about the run rest on. */
  async readAll(key: RunKey): Promise<FreshRun> {
    const { namespace, name } = key;
    const placeholder = placeholderName(name);
    const belongs = { namespace, labelSelector: `${PLACEHOLDER_LABEL}=${placeholder}` };
    // The run first: pods that it makes after this read can then only be seen, not missed.
    const run = await this.readRun(key);
    // TaskRuns before pods: one that is seen without a pod may get it meanwhile, and counts once.
    const [taskRuns, children, statefulSet] = await Promise.all([
      this.#list<TaskRun>(TASK_RUN_V1, belongs),
      this.#list<PipelineRun>(PIPELINE_RUN_V1, belongs),
      ifThere(this.clients.apps.readNamespacedStatefulSet({ namespace, name: placeholder })),
    ]);
    const customRuns = hasCustomTasks(statefulSet) ? await this.#customRuns(belongs) : NO_CUSTOM_RUNS;
    const { pods, version } = await this.activePods(key);
    return {
      run,
      statefulSet,
      pods,
      podsVersion: version,
      taskRuns: taskRuns.items,
      taskRunsVersion: listVersion(taskRuns),
      customRuns: customRuns.items,
      customRunsVersion: listVersion(customRuns),
      children: children.items.filter(isChild),
      childrenVersion: listVersion(children),
    };
  }

  /** The kind may not be there. */
  async #customRuns(where: { namespace: string; labelSelector: string }): Promise<Listed<CustomRun>> {
    return (await ifThere(this.#list<CustomRun>(CUSTOM_RUN, where))) ?? NO_CUSTOM_RUNS;
  }

  #list<T>(
    { group, version, plural }: typeof TASK_RUN_V1,
    where: { namespace: string; labelSelector: string },
  ): Promise<Listed<T>> {
    return this.clients.custom.listNamespacedCustomObject({ group, version, plural, ...where });
  }

  /** Page by page, so that no more than a page of objects is in memory. */
  async eachStatefulSet(see: (statefulSet: V1StatefulSet) => void): Promise<void> {
    const which = { labelSelector: PLACEHOLDER_SELECTOR, limit: PAGE_SIZE };
    await eachItem(
      _continue => this.clients.apps.listStatefulSetForAllNamespaces({ ...which, _continue }),
      see,
    );
  }

  /** Runs that we have marked as held and that were not let go to a placeholder, page by page. */
  async eachUnplacedRun(see: (run: PipelineRun) => void): Promise<void> {
    const which = {
      ...PIPELINE_RUN_V1,
      labelSelector: `${HELD_LABEL}=${HELD},!${PLACEHOLDER_LABEL}`,
      limit: PAGE_SIZE,
    };
    await eachItem<PipelineRun>(
      _continue => this.clients.custom.listCustomObjectForAllNamespaces({ ...which, _continue }),
      see,
    );
  }

  /** Metadata of all objects of a kind that the selectors choose, page by page; nothing else of them is sent. */
  async eachName(
    kind: "statefulsets" | "pipelineruns" | "pods",
    selectors: { labelSelector: string; fieldSelector?: string },
    see: (object: { metadata?: V1ObjectMeta }) => void,
  ): Promise<void> {
    const { apps, core, custom } = this.clients;
    const list = (_continue: string | undefined): Promise<Page<{ metadata?: V1ObjectMeta }>> => {
      const which = { ...selectors, limit: NAMES_PAGE_SIZE, _continue };
      if (kind === "pods") return core.listPodForAllNamespaces(which, METADATA_ONLY);
      if (kind === "statefulsets") return apps.listStatefulSetForAllNamespaces(which, METADATA_ONLY);
      return custom.listCustomObjectForAllNamespaces({ ...PIPELINE_RUN_V1, ...which }, METADATA_ONLY);
    };
    await eachItem(list, see);
  }

  /** The newest of what the StatefulSet controller has told of the pod that is missing now. */
  async podRefusal(observed: Observed): Promise<string | undefined> {
    const { namespace, uid } = observed.statefulSet!.metadata!;
    const fieldSelector = `involvedObject.uid=${uid},reason=FailedCreate`;
    const { items } = await this.clients.core.listNamespacedEvent({ namespace: namespace!, fieldSelector });
    const time = ({ lastTimestamp, eventTime }: CoreV1Event) => new Date(lastTimestamp ?? eventTime ?? 0);
    return items
      .filter(event => isAboutMissingPod(time(event), observed))
      .sort((one, other) => time(other).getTime() - time(one).getTime())[0]?.message;
  }

  /** Whether a queue has taken the run. */
  isQueued(run: PipelineRun): Promise<boolean> {
    return hasWorkload(this.clients, run);
  }

  /** Runs of pipelines in the run's pipeline, at any depth, whole. */
  async childRuns({ namespace, name }: RunKey): Promise<PipelineRun[]> {
    const belongs = { namespace, labelSelector: `${PLACEHOLDER_LABEL}=${placeholderName(name)}` };
    const { items } = await this.#list<PipelineRun>(PIPELINE_RUN_V1, belongs);
    return items.filter(isChild);
  }
}
