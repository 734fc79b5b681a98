/** The only file that talks to the API server. Reads are fresh; every write carries a guard. */
import {
  ApiException,
  PatchStrategy,
  setHeaderOptions,
  type V1Namespace,
  type V1StatefulSet,
} from "@kubernetes/client-node";
import type { Observed } from "./decide/observed";
import { placeholderName } from "./decide/names";
import { PLACEHOLDER_SELECTOR } from "./decide/placeholder";
import { eventFor } from "./events";
import type { Warning } from "./decide/next-step";
import {
  FEATURE_FLAGS,
  HELD,
  HELD_LABEL,
  NODE_ANNOTATION,
  OPT_IN_LABEL,
  OPTED_IN,
  PENDING,
  PLACEHOLDER_LABEL,
  TEKTON_PIPELINE_RUN_LABEL,
} from "./keys";
import type { KubeClients } from "./kube-client";
import { isHeldByUs, PIPELINE_RUN_V1, type PipelineRun } from "./tekton";

/** A run by namespace and name. */
export interface RunKey {
  namespace: string;
  name: string;
}

type JsonPatch = { op: "add" | "remove" | "replace" | "test"; path: string; value?: unknown }[];

const JSON_PATCH = setHeaderOptions("Content-Type", PatchStrategy.JsonPatch);
const PAGE_SIZE = 500;

/** Path of a map's key in a JSON Pointer (RFC 6901). */
const at = (path: string, key: string) => `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;

const statusOf = (error: unknown): number | undefined =>
  error instanceof ApiException ? error.code : undefined;

/**
 * Whether a write did not go through because the object is no longer what it was when it was read: a
 * reason to look again, not a fault. The API server answers a failed JSON Patch test with 422.
 */
export function isOutdated(error: unknown): boolean {
  return [404, 409, 422].includes(statusOf(error) ?? 0);
}

/** One line for the log: the API server's own message where there is one. */
export function describeError(error: unknown): string {
  if (!(error instanceof ApiException)) return error instanceof Error ? error.message : String(error);
  const body: unknown = error.body;
  try {
    const { message } = (typeof body === "string" ? JSON.parse(body) : body) as { message?: string };
    return `${error.code}: ${message ?? String(body)}`;
  } catch {
    return `${error.code}: ${String(body)}`;
  }
}

/** What is read, or undefined where there is no such object. */
export async function ifThere<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

export class Cluster {
  constructor(
    private readonly clients: KubeClients,
    private readonly tektonNamespace: string,
  ) {}

  /** Reads all that a decision about the run needs. */
  async observe({ namespace, name }: RunKey): Promise<Observed> {
    const placeholder = placeholderName(name);
    // The run first: pods that it makes after this read can then only be seen, not missed.
    const run = await ifThere<PipelineRun>(
      this.clients.custom.getNamespacedCustomObject({ ...PIPELINE_RUN_V1, namespace, name }),
    );
    const [statefulSet, pods, coschedule] = await Promise.all([
      ifThere(this.clients.apps.readNamespacedStatefulSet({ namespace, name: placeholder })),
      this.clients.core.listNamespacedPod({
        namespace,
        labelSelector: `${PLACEHOLDER_LABEL}=${placeholder}`,
      }),
      run !== undefined && isHeldByUs(run) ? this.coschedule() : undefined,
    ]);
    return { run, statefulSet, pods: pods.items, coschedule };
  }

  private async coschedule(): Promise<string | undefined> {
    const flags = await ifThere(
      this.clients.core.readNamespacedConfigMap({ namespace: this.tektonNamespace, name: FEATURE_FLAGS }),
    );
    return flags?.data?.["coschedule"];
  }

  /** Each run that is held or has a placeholder: what a resync looks at. */
  async runsToLookAt(): Promise<RunKey[]> {
    const keys: RunKey[] = [];
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
      // Of the runs that are not held, only those with a placeholder need a look; they follow below.
      keys.push(...page.items.filter(isHeldByUs).map(run => keyOf(run.metadata)));
      _continue = page.metadata?.continue || undefined;
    } while (_continue !== undefined);
    do {
      const page = await this.clients.apps.listStatefulSetForAllNamespaces({
        labelSelector: PLACEHOLDER_SELECTOR,
        limit: PAGE_SIZE,
        _continue,
      });
      keys.push(
        ...page.items.flatMap(({ metadata }) => {
          const name = metadata?.labels?.[TEKTON_PIPELINE_RUN_LABEL];
          return name === undefined ? [] : [{ namespace: metadata!.namespace!, name }];
        }),
      );
      _continue = page.metadata?._continue || undefined;
    } while (_continue !== undefined);
    return keys;
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

  /** Guard: the name. A second one of the same name cannot be made. */
  async createPlaceholder(statefulSet: V1StatefulSet): Promise<void> {
    const namespace = statefulSet.metadata!.namespace!;
    await this.clients.apps.createNamespacedStatefulSet({ namespace, body: statefulSet });
  }

  /** Guard: the StatefulSet is the one that was seen. */
  async replaceAffinity(statefulSet: V1StatefulSet, affinity: unknown): Promise<void> {
    const { namespace, name, uid } = statefulSet.metadata!;
    const body: JsonPatch = [
      { op: "test", path: "/metadata/uid", value: uid },
      { op: "replace", path: "/spec/template/spec/affinity", value: affinity },
    ];
    await this.clients.apps.patchNamespacedStatefulSet(
      { namespace: namespace!, name: name!, body },
      JSON_PATCH,
    );
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
      ...(run.metadata?.annotations === undefined
        ? [{ op: "add" as const, path: "/metadata/annotations", value: {} }]
        : []),
      { op: "add", path: at("/metadata/annotations", NODE_ANNOTATION), value: node },
    ]);
  }

  /** Starts the run without affinity. Guard: the same run, held by us, its opt-in as it was seen. */
  async letGo(run: PipelineRun): Promise<void> {
    const { resourceVersion } = run.metadata!;
    await this.patchHeldRun(run, [{ op: "test", path: "/metadata/resourceVersion", value: resourceVersion }]);
  }

  private async patchHeldRun(run: PipelineRun, changes: JsonPatch): Promise<void> {
    const { namespace, name, uid } = run.metadata!;
    const body: JsonPatch = [
      { op: "test", path: "/metadata/uid", value: uid },
      { op: "test", path: at("/metadata/labels", HELD_LABEL), value: HELD },
      { op: "test", path: "/spec/status", value: PENDING },
      ...changes,
      { op: "remove", path: "/spec/status" },
    ];
    await this.clients.custom.patchNamespacedCustomObject(
      { ...PIPELINE_RUN_V1, namespace: namespace!, name: name!, body },
      JSON_PATCH,
    );
  }

  /** Tells people on the run. The same warning on the same run is one Event, however often it is given. */
  async warn(run: PipelineRun, warning: Warning, now: Date): Promise<void> {
    const body = eventFor(run, warning, now);
    try {
      await this.clients.core.createNamespacedEvent({ namespace: body.metadata.namespace!, body });
    } catch (error) {
      if (statusOf(error) !== 409) throw error;
    }
  }
}

const keyOf = (metadata: PipelineRun["metadata"]): RunKey => ({
  namespace: metadata!.namespace!,
  name: metadata!.name!,
});
