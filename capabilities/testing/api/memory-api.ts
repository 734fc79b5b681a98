/**
 * An API server in memory, as far as writes carry guards: resourceVersions, generations, the tests of JSON Patches and
 * preconditions count as they do for a real one, and finalizers.
 */
import { ApiException, type V1ObjectMeta } from "@kubernetes/client-node";
import { applyPatch, type Operation } from "fast-json-patch";

export interface KubeObject {
  metadata?: V1ObjectMeta;
  spec?: unknown;
  status?: unknown;
}

export type Kind =
  | "pipelineruns"
  | "statefulsets"
  | "pods"
  | "taskruns"
  | "events"
  | "nodes"
  | "persistentvolumeclaims"
  | "persistentvolumes";
export type EventType = "ADDED" | "MODIFIED" | "DELETED";

export interface WatchEvent {
  kind: Kind;
  type: EventType;
  object: KubeObject;
}

interface Preconditions {
  uid?: string;
  resourceVersion?: string;
}

const copied = <T>(object: T): T => JSON.parse(JSON.stringify(object)) as T;

export const refused = (status: number, message: string): ApiException<string> =>
  new ApiException(status, message, JSON.stringify({ kind: "Status", message, code: status }), {});

const hasFinalizers = ({ metadata }: KubeObject): boolean => (metadata?.finalizers ?? []).length > 0;

export class MemoryApi {
  readonly #objects = new Map<string, KubeObject>();
  readonly #watchers = new Set<(event: WatchEvent) => void>();
  #version = 100;
  #uids = 0;

  watch(see: (event: WatchEvent) => void): () => void {
    this.#watchers.add(see);
    return () => this.#watchers.delete(see);
  }

  get version(): number {
    return this.#version;
  }

  all<T extends KubeObject>(kind: Kind): T[] {
    return [...this.#objects]
      .filter(([key]) => key.startsWith(`${kind}/`))
      .map(([, one]) => copied(one) as T);
  }

  find<T extends KubeObject>(kind: Kind, name: string): T | undefined {
    const object = this.#objects.get(`${kind}/${name}`);
    return object && (copied(object) as T);
  }

  get<T extends KubeObject>(kind: Kind, name: string): T {
    const object = this.find<T>(kind, name);
    if (object === undefined) throw refused(404, `${kind} "${name}" not found`);
    return object;
  }

  create<T extends KubeObject>(kind: Kind, body: T): T {
    const object = copied(body);
    const name = object.metadata!.name!;
    if (this.find(kind, name) !== undefined) throw refused(409, `${kind} "${name}" already exists`);
    object.metadata!.uid ??= `uid-${++this.#uids}`;
    object.metadata!.generation ??= 1;
    object.metadata!.creationTimestamp ??= new Date().toISOString() as unknown as Date;
    return this.#store(kind, "ADDED", object);
  }

  patch<T extends KubeObject>(kind: Kind, name: string, body: readonly unknown[]): T {
    const before = this.get<T>(kind, name);
    let after: T;
    try {
      after = applyPatch(copied(before), copied(body) as Operation[], true).newDocument;
    } catch (error) {
      throw refused(422, `the server rejected our request: ${String((error as Error).name)}`);
    }
    return this.#changed(kind, before, after);
  }

  /** What the cluster's own controllers write. */
  change<T extends KubeObject>(kind: Kind, name: string, change: (object: T) => void): void {
    const before = this.get<T>(kind, name);
    const after = copied(before);
    change(after);
    this.#changed(kind, before, after);
  }

  delete(kind: Kind, name: string, { uid, resourceVersion }: Preconditions = {}): void {
    const { metadata } = this.get(kind, name);
    const isOther = uid !== undefined && uid !== metadata!.uid;
    if (isOther || (resourceVersion !== undefined && resourceVersion !== metadata!.resourceVersion)) {
      throw refused(409, "the precondition does not match");
    }
    if (hasFinalizers({ metadata })) {
      const now = new Date().toISOString() as unknown as Date;
      return this.change(kind, name, object => (object.metadata!.deletionTimestamp ??= now));
    }
    this.#remove(kind, name);
  }

  /** As the client library does where its list is older than its watch: they are there all the same. */
  tellGone(kind: Kind): void {
    for (const object of this.all(kind)) this.#tell(kind, "DELETED", object);
  }

  #remove(kind: Kind, name: string): void {
    const object = this.#objects.get(`${kind}/${name}`)!;
    this.#objects.delete(`${kind}/${name}`);
    this.#tell(kind, "DELETED", {
      ...object,
      metadata: { ...object.metadata, resourceVersion: `${++this.#version}` },
    });
  }

  #changed<T extends KubeObject>(kind: Kind, before: T, after: T): T {
    if (JSON.stringify(before) === JSON.stringify(after)) return before;
    if (JSON.stringify(before.spec) !== JSON.stringify(after.spec)) {
      after.metadata!.generation = (before.metadata!.generation ?? 0) + 1;
    }
    const stored = this.#store(kind, "MODIFIED", after);
    const isFree = after.metadata!.deletionTimestamp !== undefined && !hasFinalizers(after);
    if (isFree && hasFinalizers(before)) this.#remove(kind, after.metadata!.name!);
    return stored;
  }

  #store<T extends KubeObject>(kind: Kind, type: EventType, object: T): T {
    object.metadata!.resourceVersion = `${++this.#version}`;
    this.#objects.set(`${kind}/${object.metadata!.name}`, object);
    this.#tell(kind, type, object);
    return copied(object);
  }

  #tell(kind: Kind, type: EventType, object: KubeObject): void {
    for (const see of this.#watchers) see({ kind, type, object: copied(object) });
  }
}
