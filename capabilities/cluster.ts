/** The only file that talks to the API server. Reads are fresh; every write carries a guard. */
import {
  PatchStrategy,
  setHeaderOptions,
  type CoreV1Event,
  type V1Namespace,
  type V1PersistentVolumeClaim,
  type V1Pod,
  type V1ResourceRequirements,
  type V1StatefulSet,
} from "@kubernetes/client-node";
import { Log } from "pepr";
import type { NamespaceBounds } from "./decide/namespace-bounds";
import { summaryOf, type NodeSummary } from "./decide/never-fits";
import { ownership, type Observed } from "./decide/observed";
import { placeholderName } from "./decide/names";
import { isPinned, type TemplateChange } from "./decide/placeholder-template";
import { lacksItsPod } from "./decide/refusal";
import type { Reservation } from "./decide/reservation";
import { dependsOnClasses, type Storage } from "./decide/volumes";
import { readDefinitions } from "./definitions";
import type { Definitions } from "./demand/task-graph";
import { eventFor } from "./events";
import type { Warning } from "./decide/next-step";
import {
  CANCELLED,
  FEATURE_FLAGS,
  GROWTH_REFUSED_ANNOTATION,
  HELD,
  HELD_LABEL,
  LET_GO_ANNOTATION,
  NODE_ANNOTATION,
  OPTED_IN,
  OPT_IN_LABEL,
  PENDING,
  PINNED_ANNOTATION,
  PLACEHOLDER_LABEL,
  PLACEHOLDER_SELECTOR,
  RESERVATION_ANNOTATION,
  ROOT_ANNOTATION,
  TEKTON_PIPELINE_RUN_LABEL,
  WITHOUT_AFFINITY,
} from "./keys";
import type { KubeClients } from "./kube-client";
import { describeError, ifThere, refusalOf, statusOf } from "./kube-errors";
import {
  isChild,
  isHeldByUs,
  mayNeedPlaceholder,
  PIPELINE_RUN_V1,
  TASK_RUN_V1,
  type PipelineRun,
  type TaskRun,
} from "./tekton";

/** A run by namespace and name. */
export interface RunKey {
  namespace: string;
  name: string;
}

type JsonPatch = { op: "add" | "remove" | "replace" | "test"; path: string; value?: unknown }[];

const JSON_PATCH = setHeaderOptions("Content-Type", PatchStrategy.JsonPatch);
const PAGE_SIZE = 500;
/** So long nodes are not listed again. */
const NODES_MILLISECONDS = 5_000;

/** Path of a map's key in a JSON Pointer (RFC 6901). */
const at = (path: string, key: string) => `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;

export class Cluster {
  #nodes: { since: number; summaries: Promise<NodeSummary[]> } | undefined;

  constructor(
    private readonly clients: KubeClients,
    private readonly tektonNamespace: string,
  ) {}

  /** Reads all that a decision about the run needs. */
  async observe({ namespace, name }: RunKey, now = new Date()): Promise<Observed> {
    const placeholder = placeholderName(name);
    // The run first: pods that it makes after this read can then only be seen, not missed.
    const run = await ifThere<PipelineRun>(
      this.clients.custom.getNamespacedCustomObject({ ...PIPELINE_RUN_V1, namespace, name }),
    );
    const belongs = { namespace, labelSelector: `${PLACEHOLDER_LABEL}=${placeholder}` };
    const isPlaced = run?.metadata?.labels?.[PLACEHOLDER_LABEL] === placeholder;
    // TaskRuns before pods: one that is seen without a pod may get it meanwhile, and counts once.
    const [taskRuns, children] = isPlaced
      ? await Promise.all([
          this.list<TaskRun>(TASK_RUN_V1, belongs),
          this.list<PipelineRun>(PIPELINE_RUN_V1, belongs),
        ])
      : [[], []];
    const [statefulSet, pods, coschedule] = await Promise.all([
      ifThere(this.clients.apps.readNamespacedStatefulSet({ namespace, name: placeholder })),
      this.clients.core.listNamespacedPod(belongs),
      run !== undefined && isHeldByUs(run) ? this.coschedule() : undefined,
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
    return { ...observed, podRefusal: await this.podRefusal(statefulSet!) };
  }

  /** The newest of what the StatefulSet controller has told of its pod. */
  private async podRefusal({ metadata }: V1StatefulSet): Promise<string | undefined> {
    const { namespace, uid } = metadata!;
    const fieldSelector = `involvedObject.uid=${uid},reason=FailedCreate`;
    const { items } = await this.clients.core.listNamespacedEvent({ namespace: namespace!, fieldSelector });
    const time = ({ lastTimestamp, eventTime }: CoreV1Event) =>
      new Date(lastTimestamp ?? eventTime ?? 0).getTime();
    return items.sort((one, other) => time(other) - time(one))[0]?.message;
  }

  private async list<T>(
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

  private async coschedule(): Promise<string | undefined> {
    const flags = await ifThere(
      this.clients.core.readNamespacedConfigMap({ namespace: this.tektonNamespace, name: FEATURE_FLAGS }),
    );
    return flags?.data?.["coschedule"];
  }

  /**
   * Each run that is held, is placed and has not ended, or has a placeholder: what a resync looks at. Told
   * page by page, so that no more than a page of objects is in memory.
   */
  async eachRunToLookAt(see: (run: RunKey) => void): Promise<void> {
    let _continue: string | undefined;
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
      page.items.filter(mayNeedPlaceholder).forEach(run => see(keyOf(run.metadata)));
      _continue = page.metadata?.continue || undefined;
    } while (_continue !== undefined);
    do {
      const page = await this.clients.apps.listStatefulSetForAllNamespaces({
        labelSelector: PLACEHOLDER_SELECTOR,
        limit: PAGE_SIZE,
        _continue,
      });
      for (const { metadata } of page.items) {
        const name = metadata?.labels?.[TEKTON_PIPELINE_RUN_LABEL];
        if (name !== undefined) see({ namespace: metadata!.namespace!, name });
      }
      _continue = page.metadata?._continue || undefined;
    } while (_continue !== undefined);
  }

  /** All nodes, as they were within the last seconds: many runs may wait for one at the same time. */
  nodes(): Promise<readonly NodeSummary[]> {
    const now = Date.now();
    if (this.#nodes === undefined || now - this.#nodes.since > NODES_MILLISECONDS) {
      const summaries = this.listNodes().catch((error: unknown) => {
        this.#nodes = undefined;
        throw error;
      });
      this.#nodes = { since: now, summaries };
    }
    return this.#nodes.summaries;
  }

  private async listNodes(): Promise<NodeSummary[]> {
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

  /**
   * Guard: the name. A second one of the same name cannot be made.
   *
   * @returns why the API server would not take it; undefined when it did
   */
  async createPlaceholder(statefulSet: V1StatefulSet): Promise<string | undefined> {
    const namespace = statefulSet.metadata!.namespace!;
    try {
      await this.clients.apps.createNamespacedStatefulSet({ namespace, body: statefulSet });
      return undefined;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      return refusal;
    }
  }

  /**
   * Guard: the StatefulSet is the one that was seen, its spec as it was.
   *
   * @param reservation what it keeps from now on, if that changes
   * @returns the StatefulSet as it is then
   */
  async changeTemplate(
    statefulSet: V1StatefulSet,
    { affinity, resources, pinnedTo, volumes }: TemplateChange,
    reservation?: Reservation,
  ): Promise<V1StatefulSet> {
    const pinned = at("/metadata/annotations", PINNED_ANNOTATION);
    return this.patchStatefulSet(statefulSet, [
      { op: "replace", path: "/spec/template/spec/affinity", value: affinity },
      { op: "replace", path: "/spec/template/spec/containers/0/resources", value: resources },
      ...(volumes === undefined
        ? []
        : [{ op: "add" as const, path: "/spec/template/spec/volumes", value: volumes }]),
      ...annotationsOf(statefulSet),
      ...(pinnedTo !== undefined ? [{ op: "add" as const, path: pinned, value: pinnedTo }] : []),
      ...(pinnedTo === undefined && isPinned(statefulSet) ? [{ op: "remove" as const, path: pinned }] : []),
      ...(reservation === undefined
        ? []
        : [
            {
              op: "add" as const,
              path: at("/metadata/annotations", RESERVATION_ANNOTATION),
              value: JSON.stringify(reservation),
            },
          ]),
    ]);
  }

  /** Remembers when the placeholder's node could not give room back. Guard: the StatefulSet that was seen. */
  async noteGrowthRefused(statefulSet: V1StatefulSet, now: Date): Promise<void> {
    await this.patchStatefulSet(statefulSet, [
      ...annotationsOf(statefulSet),
      {
        op: "add",
        path: at("/metadata/annotations", GROWTH_REFUSED_ANNOTATION),
        value: now.toISOString(),
      },
    ]);
  }

  private async patchStatefulSet(statefulSet: V1StatefulSet, changes: JsonPatch): Promise<V1StatefulSet> {
    const { namespace, name, uid, generation } = statefulSet.metadata!;
    const body: JsonPatch = [
      { op: "test", path: "/metadata/uid", value: uid },
      // Counts changes of the spec; a status that is written meanwhile does no harm.
      { op: "test", path: "/metadata/generation", value: generation },
      ...changes,
    ];
    const patched = await this.clients.apps.patchNamespacedStatefulSet(
      { namespace: namespace!, name: name!, body },
      JSON_PATCH,
    );
    // The step would be taken again and again.
    if (patched.metadata?.resourceVersion === statefulSet.metadata?.resourceVersion) {
      throw new Error(`StatefulSet ${name} stayed as it was: does an admission policy undo changes of it?`);
    }
    return patched;
  }

  /** Guard: the same pod, as large as it was seen. */
  async resizePod(pod: V1Pod, resources: V1ResourceRequirements): Promise<void> {
    const { namespace, name, uid } = pod.metadata!;
    const path = "/spec/containers/0/resources";
    const body: JsonPatch = [
      { op: "test", path: "/metadata/uid", value: uid },
      { op: "test", path, value: pod.spec!.containers[0]!.resources },
      { op: "replace", path, value: resources },
    ];
    await this.clients.core.patchNamespacedPodResize(
      { namespace: namespace!, name: name!, body },
      JSON_PATCH,
    );
  }

  /** Guard: the same pod. Its StatefulSet makes a new one. */
  async deletePod(pod: V1Pod): Promise<void> {
    const { namespace, name, uid } = pod.metadata!;
    await this.clients.core.deleteNamespacedPod({
      namespace: namespace!,
      name: name!,
      body: { preconditions: { uid: uid! } },
    });
  }

  /** Guard: the StatefulSet is the one that was seen. Its pod goes with it. */
  async deletePlaceholder(statefulSet: V1StatefulSet): Promise<void> {
    const { namespace, name, uid, resourceVersion } = statefulSet.metadata!;
    await this.clients.apps.deleteNamespacedStatefulSet({
      namespace: namespace!,
      name: name!,
      propagationPolicy: "Background",
      body: { preconditions: { uid: uid!, resourceVersion: resourceVersion! } },
    });
  }

  /** Guard: the same run, still held by us and still opted in. */
  async release(run: PipelineRun, placeholder: string, node: string): Promise<void> {
    await this.patchHeldRun(run, [
      { op: "test", path: at("/metadata/labels", OPT_IN_LABEL), value: OPTED_IN },
      { op: "add", path: at("/metadata/labels", PLACEHOLDER_LABEL), value: placeholder },
      ...annotationsOf(run),
      { op: "add", path: at("/metadata/annotations", NODE_ANNOTATION), value: node },
      { op: "add", path: at("/metadata/annotations", ROOT_ANNOTATION), value: run.metadata!.name! },
      { op: "remove", path: "/spec/status" },
    ]);
  }

  /** Starts the run without affinity. Guard: the same run, held by us, its opt-in as it was seen. */
  async letGo(run: PipelineRun): Promise<void> {
    await this.patchHeldRun(run, [
      unchanged(run),
      ...annotationsOf(run),
      { op: "add", path: at("/metadata/annotations", LET_GO_ANNOTATION), value: WITHOUT_AFFINITY },
      { op: "remove", path: "/spec/status" },
    ]);
  }

  /** Ends the run, of which nothing has started. Guard: the same run, held by us, its choices as they were seen. */
  async cancel(run: PipelineRun): Promise<void> {
    await this.patchHeldRun(run, [unchanged(run), { op: "replace", path: "/spec/status", value: CANCELLED }]);
  }

  private async patchHeldRun(run: PipelineRun, changes: JsonPatch): Promise<void> {
    const { namespace, name, uid } = run.metadata!;
    const body: JsonPatch = [
      { op: "test", path: "/metadata/uid", value: uid },
      { op: "test", path: at("/metadata/labels", HELD_LABEL), value: HELD },
      { op: "test", path: "/spec/status", value: PENDING },
      ...changes,
    ];
    await this.clients.custom.patchNamespacedCustomObject(
      { ...PIPELINE_RUN_V1, namespace: namespace!, name: name!, body },
      JSON_PATCH,
    );
  }

  /** Deletes the operator's own webhook configurations, if they are there. */
  async deleteWebhooks(name: string): Promise<void> {
    await ifThere(this.clients.admission.deleteMutatingWebhookConfiguration({ name }));
    await ifThere(this.clients.admission.deleteValidatingWebhookConfiguration({ name }));
  }

  /**
   * Tells people on the run. The same warning on the same run is one Event, however often it is given. No run depends
   * on it: where its namespace takes no Events (it is being deleted, or has a quota of them), the log has to do.
   *
   * @returns whether it is news
   */
  async warn(run: PipelineRun, warning: Warning, now: Date): Promise<boolean> {
    const body = eventFor(run, warning, now);
    try {
      await this.clients.core.createNamespacedEvent({ namespace: body.metadata.namespace!, body });
      return true;
    } catch (error) {
      if (statusOf(error) === 409) return false;
      if (refusalOf(error) === undefined && statusOf(error) !== 404) throw error;
      const { namespace, name } = run.metadata!;
      const { reason, message } = warning;
      Log.warn(
        { run: `${namespace}/${name}`, reason, message, error: describeError(error) },
        "No Event was taken",
      );
      return false;
    }
  }
}

const unchanged = ({ metadata }: PipelineRun): JsonPatch[number] => ({
  op: "test",
  path: "/metadata/resourceVersion",
  value: metadata!.resourceVersion,
});

/** A JSON Patch adds no key to a map that is not there. */
const annotationsOf = ({ metadata }: V1StatefulSet | PipelineRun): JsonPatch =>
  metadata?.annotations === undefined ? [{ op: "add", path: "/metadata/annotations", value: {} }] : [];

const keyOf = (metadata: PipelineRun["metadata"]): RunKey => ({
  namespace: metadata!.namespace!,
  name: metadata!.name!,
});
