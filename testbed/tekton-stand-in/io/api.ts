/** What the stand-in asks of the API server. */
import {
  ApiException,
  PatchStrategy,
  setHeaderOptions,
  type V1Pod,
  type V1PersistentVolumeClaim,
} from "@kubernetes/client-node";
import type { KubeClients } from "../../../capabilities/kube/client";
import { group } from "../keys";
import type { Refusal } from "../task/pod-refusal";
import type { ChildKind, Run, Wanted, WantedPod } from "../types";

export const resources: Record<ChildKind | "Pipeline" | "Task", { version: string; plural: string }> = {
  PipelineRun: { version: "v1", plural: "pipelineruns" },
  TaskRun: { version: "v1", plural: "taskruns" },
  CustomRun: { version: "v1beta1", plural: "customruns" },
  Pipeline: { version: "v1", plural: "pipelines" },
  Task: { version: "v1", plural: "tasks" },
};

export interface PatchOperation {
  op: "add" | "test";
  path: string;
  value: unknown;
}

/** The API server's words when `error` is its refusal; undefined when it is something else. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof ApiException)) return undefined;
  const body: unknown = error.body;
  const status = (typeof body === "string" ? parsed(body) : body) as {
    reason?: string;
    message?: string;
    details?: { kind?: string };
  };
  return {
    code: error.code,
    reason: status?.reason ?? "",
    message: status?.message ?? String(body),
    kind: status?.details?.kind,
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return { message: body };
  }
}

const hasCode = (error: unknown, code: number): boolean =>
  error instanceof ApiException && error.code === code;

/** The answer, or undefined when it is a refusal with that HTTP status. Other errors are thrown on. */
async function unless<T>(code: number, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (hasCode(error, code)) return undefined;
    throw error;
  }
}

const isSameOwner = (run: Run, wanted: Wanted): boolean =>
  run.metadata.ownerReferences?.[0]?.uid === wanted.metadata.ownerReferences[0]!.uid;

export class Api {
  constructor(private readonly clients: KubeClients) {}

  #address(kind: keyof typeof resources, namespace: string) {
    return { group, namespace, ...resources[kind] };
  }

  get<T>(kind: keyof typeof resources, namespace: string, name: string): Promise<T | undefined> {
    return unless(
      404,
      this.clients.custom.getNamespacedCustomObject({
        ...this.#address(kind, namespace),
        name,
      }) as Promise<T>,
    );
  }

  /**
   * Creates a run, or gives the one of that name that is there already.
   *
   * @throws Error when that is another owner's, as when a run was deleted and made anew at once
   */
  async createRun(wanted: Wanted): Promise<Run> {
    const { namespace, name } = wanted.metadata;
    const kind = wanted.kind as ChildKind;
    const request = { ...this.#address(kind, namespace), body: wanted };
    const made = await unless(409, this.clients.custom.createNamespacedCustomObject(request) as Promise<Run>);
    const run = made ?? (await this.get<Run>(kind, namespace, name));
    if (run && isSameOwner(run, wanted)) return run;
    throw new Error(`a ${kind} ${name} that is another run's is in the way`);
  }

  /** Creates a claim unless one of that name is there. */
  async createClaim(wanted: Wanted): Promise<void> {
    const { namespace } = wanted.metadata;
    const body = wanted as unknown as V1PersistentVolumeClaim;
    await unless(409, this.clients.core.createNamespacedPersistentVolumeClaim({ namespace, body }));
  }

  createPod(wanted: WantedPod): Promise<V1Pod> {
    return this.clients.core.createNamespacedPod({ namespace: wanted.metadata.namespace, body: wanted });
  }

  readPod(namespace: string, name: string): Promise<V1Pod | undefined> {
    return unless(404, this.clients.core.readNamespacedPod({ namespace, name }));
  }

  async deletePod(namespace: string, name: string): Promise<void> {
    await unless(404, this.clients.core.deleteNamespacedPod({ namespace, name }));
  }

  async annotatePod(namespace: string, name: string, annotations: Record<string, string>): Promise<void> {
    const body = { metadata: { annotations } };
    const options = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
    await unless(404, this.clients.core.patchNamespacedPod({ namespace, name, body }, options));
  }

  /** @returns undefined when the object is gone */
  patch(kind: ChildKind, namespace: string, name: string, body: PatchOperation[]): Promise<Run | undefined> {
    const options = setHeaderOptions("Content-Type", PatchStrategy.JsonPatch);
    const request = { ...this.#address(kind, namespace), name, body };
    return unless(404, this.clients.custom.patchNamespacedCustomObject(request, options) as Promise<Run>);
  }

  /** Replaces the status of this very object. @returns undefined when it is gone */
  async writeStatus(run: Run): Promise<Run | undefined> {
    const { namespace, name, uid } = run.metadata;
    const body: PatchOperation[] = [
      { op: "test", path: "/metadata/uid", value: uid },
      { op: "add", path: "/status", value: run.status },
    ];
    const options = setHeaderOptions("Content-Type", PatchStrategy.JsonPatch);
    const request = { ...this.#address(run.kind as ChildKind, namespace), name, body };
    return unless(
      404,
      this.clients.custom.patchNamespacedCustomObjectStatus(request, options) as Promise<Run>,
    );
  }

  /** Merges labels and annotations into the object; refused when it is not at that resource version any more. */
  writeMetadata(
    run: Run,
    metadata: { labels?: object; annotations?: object; resourceVersion: string },
  ): Promise<Run> {
    const { namespace, name } = run.metadata;
    const options = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
    const request = { ...this.#address(run.kind as ChildKind, namespace), name, body: { metadata } };
    return this.clients.custom.patchNamespacedCustomObject(request, options) as Promise<Run>;
  }
}
