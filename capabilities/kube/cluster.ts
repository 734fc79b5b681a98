/** The API server, as far as a run is concerned. Reads are fresh; what is written stands in the files named below. */
import type {
  CoreV1Event,
  V1Namespace,
  V1PersistentVolumeClaim,
  V1StatefulSet,
} from "@kubernetes/client-node";
import type { NamespaceBounds } from "../room/namespace-bounds";
import { summaryOf, type NodeSummary } from "../placement/never-fits";
import { ownership, type Observed } from "../controller/observed";
import { placeholderName } from "../placement/names";
import { lacksItsPod } from "../controller/refusal";
import { dependsOnClasses, type Storage } from "../placement/volumes";
import { readDefinitions } from "./definitions";
import type { Definitions } from "../demand/task-graph";
import {
  FEATURE_FLAGS,
  HELD,
  HELD_LABEL,
  PLACEHOLDER_LABEL,
  PLACEHOLDER_SELECTOR,
  TEKTON_PIPELINE_RUN_LABEL,
} from "../keys";
import type { KubeClients } from "./client";
import { ifThere } from "./errors";
import { PlaceholderWrites } from "./placeholder-writes";
import { RunWrites } from "./run-writes";
import {
  hasEnded,
  isChild,
  isHeldByUs,
  mayNeedPlaceholder,
  PIPELINE_RUN_V1,
  TASK_RUN_V1,
  type PipelineRun,
  type TaskRun,
} from "../tekton/objects";

/** A run by namespace and name. */
export interface RunKey {
  namespace: string;
  name: string;
}

/** A key that no other run has: neither a namespace's name nor a run's has a slash in it. */
export const asText = ({ namespace, name }: RunKey): string => `${namespace}/${name}`;

const PAGE_SIZE = 500;
/** So long nodes are not listed again. */
const NODES_MILLISECONDS = 5_000;

export class Cluster {
  readonly runs: RunWrites;
  readonly placeholders: PlaceholderWrites;
  #nodes: { since: number; summaries: Promise<NodeSummary[]> } | undefined;

  constructor(
    private readonly clients: KubeClients,
    private readonly tektonNamespace: string,
  ) {
    this.runs = new RunWrites(clients);
    this.placeholders = new PlaceholderWrites(clients);
  }

  /** Reads all that a decision about the run needs. */
  async observe({ namespace, name }: RunKey, now = new Date()): Promise<Observed> {
    const placeholder = placeholderName(name);
    // The run first: pods that it makes after this read can then only be seen, not missed.
    const run = await ifThere<PipelineRun>(
      this.clients.custom.getNamespacedCustomObject({ ...PIPELINE_RUN_V1, namespace, name }),
    );
    const readStatefulSet = () =>
      ifThere(this.clients.apps.readNamespacedStatefulSet({ namespace, name: placeholder }));
    // Clusters keep many runs that have ended.
    const isOver = needsNoPlaceholder(run);
    const left = isOver ? await readStatefulSet() : undefined;
    if (isOver && left === undefined) return nothingOf(run);
    const belongs = { namespace, labelSelector: `${PLACEHOLDER_LABEL}=${placeholder}` };
    const isPlaced = run?.metadata?.labels?.[PLACEHOLDER_LABEL] === placeholder;
    // TaskRuns before pods: one that is seen without a pod may get it meanwhile, and counts once.
    const [taskRuns, children] = isPlaced
      ? await Promise.all([
          this.#list<TaskRun>(TASK_RUN_V1, belongs),
          this.#list<PipelineRun>(PIPELINE_RUN_V1, belongs),
        ])
      : [[], []];
    const [statefulSet, pods, coschedule] = await Promise.all([
      left ?? readStatefulSet(),
      this.clients.core.listNamespacedPod(belongs),
      run !== undefined && isHeldByUs(run) ? this.#coschedule() : undefined,
    ]);
    const observed: Observed = {
      run,
      statefulSet,
      pods: pods.items,
      taskRuns,
      children: children.filter(isChild),
      coschedule,
    };
    if (ownership(observed) !== "ours" || !lacksItsPod(observed, now)) return observed;
    return { ...observed, podRefusal: await this.#podRefusal(statefulSet!) };
  }

  /** The newest of what the StatefulSet controller has told of its pod. */
  async #podRefusal({ metadata }: V1StatefulSet): Promise<string | undefined> {
    const { namespace, uid } = metadata!;
    const fieldSelector = `involvedObject.uid=${uid},reason=FailedCreate`;
    const { items } = await this.clients.core.listNamespacedEvent({ namespace: namespace!, fieldSelector });
    const time = ({ lastTimestamp, eventTime }: CoreV1Event) =>
      new Date(lastTimestamp ?? eventTime ?? 0).getTime();
    return items.sort((one, other) => time(other) - time(one))[0]?.message;
  }

  async #list<T>(
    { group, version, plural }: typeof TASK_RUN_V1,
    where: { namespace: string; labelSelector: string },
  ): Promise<T[]> {
    const { items }: { items: T[] } = await this.clients.custom.listNamespacedCustomObject({
      group,
      version,
      plural,
      ...where,
    });
    return items;
  }

  /** What the run's demand is computed from. */
  async demandSources(run: PipelineRun): Promise<{ definitions: Definitions; bounds: NamespaceBounds }> {
    const namespace = run.metadata!.namespace!;
    const [limitRanges, quotas] = await Promise.all([
      this.clients.core.listNamespacedLimitRange({ namespace }),
      this.clients.core.listNamespacedResourceQuota({ namespace }),
    ]);
    return {
      definitions: await readDefinitions(run, limitRanges.items, this.clients),
      bounds: { limitRanges: limitRanges.items, quotas: quotas.items },
    };
  }

  /** What decides which nodes the run's volumes can be used on. */
  async storageFor(run: PipelineRun, names: readonly string[]): Promise<Storage> {
    const namespace = run.metadata!.namespace!;
    const claims: [string, V1PersistentVolumeClaim | undefined][] = [];
    for (const name of names) {
      claims.push([
        name,
        await ifThere(this.clients.core.readNamespacedPersistentVolumeClaim({ namespace, name })),
      ]);
    }
    const known = new Map(claims);
    const classes = dependsOnClasses(run, known)
      ? (await this.clients.storage.listStorageClass()).items
      : undefined;
    return { claims: known, classes };
  }

  async #coschedule(): Promise<string | undefined> {
    const flags = await ifThere(
      this.clients.core.readNamespacedConfigMap({ namespace: this.tektonNamespace, name: FEATURE_FLAGS }),
    );
    return flags?.data?.["coschedule"];
  }

  /**
   * Each run that is held, is placed and has not ended, or has a placeholder: what a resync looks at. Told
   * page by page, so that no more than a page of objects is in memory. A run may be told twice.
   *
   * @param see told whether all that the run waits for is a look: it is held, and its placeholder runs
   */
  async eachRunToLookAt(see: (run: RunKey, isDue: boolean) => void): Promise<void> {
    const running = new Set<string>();
    let _continue: string | undefined;
    do {
      const page = await this.clients.apps.listStatefulSetForAllNamespaces({
        labelSelector: PLACEHOLDER_SELECTOR,
        limit: PAGE_SIZE,
        _continue,
      });
      for (const { metadata, status } of page.items) {
        const name = metadata?.labels?.[TEKTON_PIPELINE_RUN_LABEL];
        if (name === undefined) continue;
        const run = { namespace: metadata!.namespace!, name };
        if (status?.readyReplicas) running.add(asText(run));
        see(run, false);
      }
      _continue = page.metadata?._continue || undefined;
    } while (_continue !== undefined);
    do {
      const page: { items: PipelineRun[]; metadata?: { continue?: string } } =
        await this.clients.custom.listCustomObjectForAllNamespaces({
          group: PIPELINE_RUN_V1.group,
          version: PIPELINE_RUN_V1.version,
          plural: PIPELINE_RUN_V1.plural,
          labelSelector: `${HELD_LABEL}=${HELD}`,
          limit: PAGE_SIZE,
          _continue,
        });
      for (const run of page.items.filter(mayNeedPlaceholder)) {
        const key = keyOf(run.metadata);
        see(key, isHeldByUs(run) && running.has(asText(key)));
      }
      _continue = page.metadata?.continue || undefined;
    } while (_continue !== undefined);
  }

  /** All nodes, as they were within the last seconds: many runs may wait for one at the same time. */
  nodes(): Promise<readonly NodeSummary[]> {
    const now = Date.now();
    if (this.#nodes === undefined || now - this.#nodes.since > NODES_MILLISECONDS) {
      const summaries = this.#listNodes().catch((error: unknown) => {
        this.#nodes = undefined;
        throw error;
      });
      this.#nodes = { since: now, summaries };
    }
    return this.#nodes.summaries;
  }

  async #listNodes(): Promise<NodeSummary[]> {
    const nodes: NodeSummary[] = [];
    let _continue: string | undefined;
    do {
      const page = await this.clients.core.listNode({ limit: PAGE_SIZE, _continue });
      nodes.push(...page.items.map(summaryOf));
      _continue = page.metadata?._continue || undefined;
    } while (_continue !== undefined);
    return nodes;
  }

  readNamespace(name: string): Promise<V1Namespace | undefined> {
    return ifThere(this.clients.core.readNamespace({ name }));
  }

  /** The value of a priority class; a name that does not exist counts as 0, and no pod of it can be made. */
  async priorityOf(className: string): Promise<number> {
    return (await ifThere(this.clients.scheduling.readPriorityClass({ name: className })))?.value ?? 0;
  }

  /** The value that pods without a priority class get. */
  async defaultPriority(): Promise<number> {
    const classes = await this.clients.scheduling.listPriorityClass();
    return classes.items.find(({ globalDefault }) => globalDefault === true)?.value ?? 0;
  }
}

const needsNoPlaceholder = (run: PipelineRun | undefined): boolean =>
  run === undefined || run.metadata?.deletionTimestamp !== undefined || hasEnded(run);

const nothingOf = (run: PipelineRun | undefined): Observed => ({
  run,
  statefulSet: undefined,
  pods: [],
  taskRuns: [],
  children: [],
  coschedule: undefined,
});

const keyOf = (metadata: PipelineRun["metadata"]): RunKey => ({
  namespace: metadata!.namespace!,
  name: metadata!.name!,
});
