/** What is read from the API server: rarely, as the store knows what the watches tell. Writes stand in the files named below. */
import {
  setHeaderOptions,
  type CoreV1Event,
  type V1Namespace,
  type V1Node,
  type V1ObjectMeta,
  type V1PersistentVolume,
  type V1PersistentVolumeClaim,
  type V1Pod,
  type V1PriorityClass,
  type V1RuntimeClass,
  type V1StatefulSet,
} from "@kubernetes/client-node";
import type { Definitions } from "../demand/task-graph";
import {
  CONFIG_DEFAULTS,
  FEATURE_FLAGS,
  HELD,
  HELD_LABEL,
  PLACEHOLDER_LABEL,
  PLACEHOLDER_SELECTOR,
} from "../keys";
import { isAboutMissingPod } from "../phases/refusal";
import { hasCustomTasks, type Observed } from "../phases/observed";
import { placeholderName } from "../placement/names";
import { summaryOf, type NodeSummary } from "../placement/never-fits";
import type { Preemption, Priorities } from "../placement/priority";
import { dependsOnClasses, type Storage } from "../placement/volumes";
import type { NamespaceBounds } from "../room/namespace-bounds";
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
import { readDefinitions, type Reading } from "./definitions";
import { ifThere } from "./errors";
import { flagsOf } from "./feature-flags";
import type { Flags } from "../tekton/assistant";
import { ACTIVE_PODS, eachItem, listVersion, type Listed, type Page } from "./pages";
import { PlaceholderWrites } from "./placeholder-writes";
import { PriorityClasses } from "./priority-classes";
import { RunWrites } from "./run-writes";
import { Shared } from "./shared";
import { hasWorkload } from "./workloads";

const PAGE_SIZE = 100;
/** So long what many runs ask for at the same time is not read again. */
const NODES_MILLISECONDS = 5_000;
const BOUNDS_MILLISECONDS = 500;
/** People change classes rarely, and have no answer by the second. */
const CLASSES_MILLISECONDS = 5_000;

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

/** Of an object without its spec and status, see https://kubernetes.io/docs/reference/using-api/api-concepts/ */
const METADATA_ONLY = setHeaderOptions(
  "Accept",
  "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
);
const NAMES_PAGE_SIZE = 500;

const NO_CUSTOM_RUNS: Listed<CustomRun> = { items: [] };

export class Cluster {
  readonly runs: RunWrites;
  readonly placeholders: PlaceholderWrites;
  readonly claims: ClaimWrites;
  readonly budgets: Budgets;
  readonly #nodes = new Shared<NodeSummary[]>(NODES_MILLISECONDS);
  readonly #bounds = new Shared<NamespaceBounds>(BOUNDS_MILLISECONDS);
  readonly #priorityClasses: PriorityClasses;
  readonly #runtimeClasses = new Shared<V1RuntimeClass | undefined>(CLASSES_MILLISECONDS);

  constructor(
    private readonly clients: KubeClients,
    private readonly tektonNamespace: string,
  ) {
    this.runs = new RunWrites(clients);
    this.placeholders = new PlaceholderWrites(clients);
    this.claims = new ClaimWrites(clients);
    this.budgets = new Budgets(clients);
    this.#priorityClasses = new PriorityClasses(clients);
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

  /** What the run's demand is computed from. */
  async demandSources(
    run: PipelineRun,
    reading: Reading,
  ): Promise<{ definitions: Definitions; bounds: NamespaceBounds }> {
    const bounds = await this.bounds(run.metadata!.namespace!);
    return { definitions: await readDefinitions(run, bounds.limitRanges, this.clients, reading), bounds };
  }

  /** What the namespace allows, as it was within the last moment. */
  bounds(namespace: string): Promise<NamespaceBounds> {
    return this.#bounds.get(namespace, async () => {
      const [limitRanges, quotas] = await Promise.all([
        this.clients.core.listNamespacedLimitRange({ namespace }),
        this.clients.core.listNamespacedResourceQuota({ namespace }),
      ]);
      return { limitRanges: limitRanges.items, quotas: quotas.items };
    });
  }

  /**
   * What decides which nodes volumes can be used on.
   *
   * @param hasTemplates whether claims are made for the run
   */
  async storageFor(namespace: string, names: readonly string[], hasTemplates: boolean): Promise<Storage> {
    const { core, storage } = this.clients;
    const claims = new Map<string, V1PersistentVolumeClaim | undefined>();
    const volumes = new Map<string, V1PersistentVolume | undefined>();
    for (const name of names) {
      const claim = await ifThere(core.readNamespacedPersistentVolumeClaim({ namespace, name }));
      claims.set(name, claim);
      const volume = claim?.spec?.volumeName;
      if (volume) volumes.set(volume, await ifThere(core.readPersistentVolume({ name: volume })));
    }
    const classes = dependsOnClasses(hasTemplates, claims)
      ? (await storage.listStorageClass()).items
      : undefined;
    return { claims, volumes, classes };
  }

  /** Tekton's feature flags. */
  async featureFlags(): Promise<Flags> {
    const flags = await ifThere(
      this.clients.core.readNamespacedConfigMap({ namespace: this.tektonNamespace, name: FEATURE_FLAGS }),
    );
    return flagsOf(flags);
  }

  /** The data of Tekton's ConfigMap config-defaults, if there is one. */
  async configDefaults(): Promise<Record<string, string> | undefined> {
    const name = CONFIG_DEFAULTS;
    const read = this.clients.core.readNamespacedConfigMap({ namespace: this.tektonNamespace, name });
    return (await ifThere(read))?.data;
  }

  /** All nodes, as they were within the last seconds: many runs may wait for one at the same time. */
  nodes(): Promise<readonly NodeSummary[]> {
    return this.#nodes.get("", async () => {
      const nodes: NodeSummary[] = [];
      await eachItem(
        _continue => this.clients.core.listNode({ limit: PAGE_SIZE, _continue }),
        node => nodes.push(summaryOf(node)),
      );
      return nodes;
    });
  }

  readNode(name: string): Promise<V1Node | undefined> {
    return ifThere(this.clients.core.readNode({ name }));
  }

  /** Of those that take one of its slots; their metadata alone is sent. */
  async countPodsOn(node: string): Promise<number> {
    const fieldSelector = `spec.nodeName=${node},${ACTIVE_PODS}`;
    const { items } = await this.clients.core.listPodForAllNamespaces({ fieldSelector }, METADATA_ONLY);
    return items.length;
  }

  readNamespace(name: string): Promise<V1Namespace | undefined> {
    return ifThere(this.clients.core.readNamespace({ name }));
  }

  /** What priority classes say; undefined names the cluster's default. A name that is not there counts as 0. */
  priorities(names: readonly (string | undefined)[]): Promise<Priorities> {
    return this.#priorityClasses.priorities(names);
  }

  /** @throws Error when the class cannot be made, or is not as it has to be */
  ensurePriorityClass(wanted: V1PriorityClass): Promise<void> {
    return this.#priorityClasses.ensure(wanted);
  }

  /** Reads afresh what `priorities` answers from. With `never`, what most placeholders need is made. */
  preparePriorityClasses(preemption: Preemption): Promise<void> {
    return preemption === "never" ? this.#priorityClasses.prepare() : this.#priorityClasses.read();
  }

  /** By name, as they were within the last moment; undefined for one that does not exist. */
  async runtimeClasses(names: readonly string[]): Promise<Map<string, V1RuntimeClass | undefined>> {
    const classes = new Map<string, V1RuntimeClass | undefined>();
    for (const name of names) {
      const read = () => ifThere(this.clients.node.readRuntimeClass({ name }));
      classes.set(name, await this.#runtimeClasses.get(name, read));
    }
    return classes;
  }
}
