/**
 * What is read around a run: what its namespace and the cluster allow, offer and are set to. What many runs ask for at the
 * same time is read once.
 */
import type {
  V1Namespace,
  V1Node,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1PriorityClass,
  V1RuntimeClass,
} from "@kubernetes/client-node";
import type { Definitions } from "../demand/task-graph";
import { CONFIG_DEFAULTS, FEATURE_FLAGS } from "../keys";
import { summaryOf, type NodeSummary } from "../placement/never-fits";
import type { Preemption, Priorities } from "../placement/priority";
import { dependsOnClasses, type Storage } from "../placement/volumes";
import type { NamespaceBounds } from "../room/namespace-bounds";
import type { Flags } from "../tekton/assistant";
import type { PipelineRun } from "../tekton/objects";
import type { KubeClients } from "./client";
import { readDefinitions, type Reading } from "./definitions";
import { ifThere } from "./errors";
import { flagsOf } from "./feature-flags";
import { ACTIVE_PODS, AS_IT_IS_WATCHED, eachItem, METADATA_ONLY } from "./pages";
import { PriorityClasses } from "./priority-classes";
import { Shared } from "./shared";

const PAGE_SIZE = 100;
/** So long what many runs ask for at the same time is not read again. */
const NODES_MILLISECONDS = 5_000;
const BOUNDS_MILLISECONDS = 500;
/** People change classes rarely, and have no answer by the second. */
const CLASSES_MILLISECONDS = 5_000;

export class Surroundings {
  readonly #nodes = new Shared<NodeSummary[]>(NODES_MILLISECONDS);
  readonly #bounds = new Shared<NamespaceBounds>(BOUNDS_MILLISECONDS);
  readonly #priorityClasses: PriorityClasses;
  readonly #runtimeClasses = new Shared<V1RuntimeClass | undefined>(CLASSES_MILLISECONDS);

  constructor(
    private readonly clients: KubeClients,
    private readonly tektonNamespace: string,
  ) {
    this.#priorityClasses = new PriorityClasses(clients);
  }

  /** What the run's demand is computed from. */
  async demandSources(
    run: PipelineRun,
    reading: Reading,
  ): Promise<{ definitions: Definitions; bounds: NamespaceBounds }> {
    const bounds = await this.bounds(run.metadata!.namespace!);
    return { definitions: await readDefinitions(run, bounds.limitRanges, this.clients, reading), bounds };
  }

  /**
   * What the namespace allows, as it was within the last moment: as the API server's own watch has it.
   *
   * Were it asked for what is so at this moment, it would have etcd say how far that watch has come, which it does ten
   * times a second at most (`ConditionalProgressRequester` of apiserver/pkg/storage/cacher/progress). Its admission plugin
   * LimitRanger asks the same of a namespace without LimitRanges when the placeholder's pod is made, and had to wait for
   * up to 100 ms behind us.
   */
  bounds(namespace: string): Promise<NamespaceBounds> {
    return this.#bounds.get(namespace, async () => {
      const [limitRanges, quotas] = await Promise.all([
        this.clients.core.listNamespacedLimitRange({ namespace, resourceVersion: AS_IT_IS_WATCHED }),
        this.clients.core.listNamespacedResourceQuota({ namespace, resourceVersion: AS_IT_IS_WATCHED }),
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
    let count = 0;
    await eachItem(
      _continue => this.clients.core.listPodForAllNamespaces({ fieldSelector, _continue }, METADATA_ONLY),
      () => count++,
    );
    return count;
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
