/**
 * In place of the API server, nodes and kubelets: keeps the objects of one input, admits runs as the webhooks do, and
 * lets pods run and end at once. Of what Kubernetes itself makes of a pod it does what the recordings need.
 */
import { isDeepStrictEqual } from "node:util";
import {
  ApiException,
  type V1Pod,
  type V1ServiceAccount,
  type V1RuntimeClass,
} from "@kubernetes/client-node";
import { convert, defaulted, type Convertible } from "../admission/convert";
import { v1 } from "../keys";
import { answers, type Review } from "../webhooks/answers";
import type { Api } from "../io/api";
import { Stores } from "../io/stores";
import type { ChildKind, Json, Run, Wanted, WantedPod } from "../types";
import { momentOf, type Recording, type Resource } from "./recording";

const runKinds: ChildKind[] = ["PipelineRun", "TaskRun", "CustomRun"];
/** Kinds that the webhooks are asked about. */
const served = [...runKinds, "Pipeline", "Task"] as string[];
const isRun = ({ kind }: { kind: string }): boolean => (runKinds as string[]).includes(kind);
const keyOf = ({ kind, metadata }: Resource): string => `${kind}/${metadata?.name}`;

/** Kubernetes' words for a pod that it refused, from those of the TaskRun that it was for. */
const refusedPod = /^failed to create task run pod "[^"]+": (?<words>.*)\. Maybe invalid TaskSpec$/;
const invalidValue = /Invalid value: "([^"]+)"/g;

const refusal = (code: number, message: string): ApiException<string> =>
  new ApiException(code, message, JSON.stringify({ message }), {});

export class Memory implements Pick<Api, keyof Api> {
  readonly stores = new Stores();
  readonly recording: Recording = { timeline: [], objectsAsCreated: {} };
  /** What is neither a run nor a pod: definitions, claims and what pods refer to. */
  readonly #others = new Map<string, Resource>();
  #version = 0;

  /**
   * @param recorded gives the objects their UIDs, from which names follow, and says which pods are refused
   */
  constructor(
    private readonly namespace: string,
    private readonly recorded: Recording,
  ) {}

  /** @returns why it is refused */
  apply(object: Resource): string | undefined {
    const isTektons = served.includes(object.kind);
    const why = isTektons ? refusedBy(object) : undefined;
    if (why !== undefined) return why;
    this.#keep(isTektons ? (convert(defaulted(object as Convertible), v1) as unknown as Resource) : object);
    return undefined;
  }

  /** Everything that a controller keeps going, by namespace/name. */
  keysOf(kind: "PipelineRun" | "TaskRun"): string[] {
    return Object.values(this.recording.objectsAsCreated)
      .filter(object => object.kind === kind)
      .map(({ metadata }) => `${this.namespace}/${metadata!.name}`);
  }

  /** Lets every pod that can go on do so. */
  runPods(): void {
    for (const { kind, metadata } of Object.values(this.recording.objectsAsCreated)) {
      const pod = kind === "Pod" && this.stores.pods.get(`${this.namespace}/${metadata!.name}`);
      const next = pod && this.#hasItsClaims(pod) && statusAfter(pod);
      if (next) this.#put({ ...pod, status: next } as unknown as Resource, "MODIFIED");
    }
  }

  /** How often something has been written. */
  get writes(): number {
    return this.#version;
  }

  async get<T>(kind: string, _namespace: string, name: string): Promise<T | undefined> {
    return this.#others.get(`${kind}/${name}`) as T | undefined;
  }

  async createRun(wanted: Wanted): Promise<Run> {
    const why = refusedBy(wanted as Resource);
    if (why !== undefined) throw refusal(400, why);
    const made = defaulted(wanted as unknown as Convertible) as unknown as Resource;
    return this.#keep(made) as unknown as Run;
  }

  async createClaim(wanted: Wanted): Promise<void> {
    if (!this.#others.has(keyOf(wanted as Resource))) this.#keep(wanted as Resource);
  }

  /** @throws Error when Kubernetes refused a pod with other values than this one's */
  async createPod(wanted: WantedPod): Promise<V1Pod> {
    const taskRun = wanted.metadata.ownerReferences[0]!.name;
    const said = this.recorded.said?.[`TaskRun/${taskRun}`]?.message ?? "";
    const words = refusedPod.exec(said)?.groups?.["words"];
    if (words === undefined) {
      const pod = this.#admitted({ ...wanted, status: { phase: "Pending" } });
      return this.#keep(pod as unknown as Resource) as V1Pod;
    }
    const values = [...words.matchAll(invalidValue)].map(match => match[1]!);
    const other = values.find(value => !JSON.stringify(wanted.spec).includes(`"${value}"`));
    if (other !== undefined) throw new Error(`${wanted.metadata.name} does not have the refused ${other}`);
    throw refusal(words.includes("is forbidden") ? 403 : 422, words);
  }

  async readPod(namespace: string, name: string): Promise<V1Pod | undefined> {
    return this.stores.pods.get(`${namespace}/${name}`);
  }

  async deletePod(namespace: string, name: string): Promise<void> {
    const pod = this.stores.pods.get(`${namespace}/${name}`);
    if (!pod) return;
    this.stores.pods.delete(pod);
    this.#note(pod as unknown as Resource, "DELETED");
  }

  async annotatePod(namespace: string, name: string, annotations: Record<string, string>): Promise<void> {
    const pod = this.stores.pods.get(`${namespace}/${name}`)!;
    const metadata = { ...pod.metadata, annotations: { ...pod.metadata?.annotations, ...annotations } };
    this.#put({ ...pod, metadata } as unknown as Resource, "MODIFIED");
  }

  async patch(...[kind, namespace, name, operations]: Parameters<Api["patch"]>): ReturnType<Api["patch"]> {
    const run = this.stores.of(kind).get(`${namespace}/${name}`);
    if (!run) return undefined;
    const values = Object.fromEntries(
      operations.map(({ path, value }) => [path.replace("/spec/", ""), value]),
    );
    const changed = { ...run, spec: { ...run.spec, ...values } };
    const why = kind === "CustomRun" ? undefined : refusedChange(changed, run);
    if (why !== undefined) throw refusal(400, why);
    return this.#change(run, changed);
  }

  async writeStatus(run: Run): Promise<Run | undefined> {
    const known = this.stores.of(run.kind as ChildKind).get(`${this.namespace}/${run.metadata.name}`);
    return known && this.#change(known, { status: run.status! });
  }

  async writeMetadata(run: Run, { labels, annotations }: Parameters<Api["writeMetadata"]>[1]): Promise<Run> {
    const known = this.stores.of(run.kind as ChildKind).get(`${this.namespace}/${run.metadata.name}`)!;
    return this.#change(known, { metadata: { ...known.metadata, labels, annotations } as Run["metadata"] });
  }

  #change(run: Run, change: Partial<Run>): Run {
    const changed = JSON.parse(JSON.stringify({ ...run, ...change })) as Run;
    // Who writes what is there already changes nothing.
    if (isDeepStrictEqual(changed, run)) return run;
    return this.#put(changed as unknown as Resource, "MODIFIED") as unknown as Run;
  }

  #keep(object: Resource): Resource {
    const key = keyOf(object);
    const uid = this.recorded.objectsAsCreated[key]?.metadata?.uid ?? `UID of ${key}`;
    const metadata = { ...object.metadata, namespace: this.namespace, uid } as Resource["metadata"] & object;
    return this.#put({ ...object, metadata }, "ADDED");
  }

  #put(object: Resource, event: "ADDED" | "MODIFIED"): Resource {
    const metadata = { ...object.metadata, resourceVersion: String(this.#version + 1) };
    // Through JSON, as to an API server: fields that are undefined are not there.
    const kept = JSON.parse(JSON.stringify({ ...object, metadata })) as Resource;
    if (kept.kind === "Pod") this.stores.pods.put(kept as unknown as V1Pod);
    else if (isRun(kept)) this.stores.of(kept.kind as ChildKind).put(kept as unknown as Run);
    else this.#others.set(keyOf(kept), kept);
    this.#note(kept, event);
    return kept;
  }

  #note(object: Resource, event: "ADDED" | "MODIFIED" | "DELETED"): void {
    this.recording.timeline.push(momentOf(event, object, ++this.#version));
    this.recording.objectsAsCreated[keyOf(object)] ??= structuredClone(object);
  }

  #hasItsClaims({ spec }: V1Pod): boolean {
    const names = (spec?.volumes ?? []).flatMap(volume => volume.persistentVolumeClaim?.claimName ?? []);
    return names.every(name => this.#others.has(`PersistentVolumeClaim/${name}`));
  }

  /** The pod with what admission adds for its service account and its RuntimeClass. */
  #admitted(pod: WantedPod): WantedPod {
    const spec = pod.spec!;
    const account = this.#others.get(`ServiceAccount/${spec.serviceAccountName}`) as
      | V1ServiceAccount
      | undefined;
    const runtime = this.#others.get(`RuntimeClass/${spec.runtimeClassName}`) as V1RuntimeClass | undefined;
    const { nodeSelector, tolerations = [] } = runtime?.scheduling ?? {};
    const secrets = spec.imagePullSecrets ?? account?.imagePullSecrets;
    return {
      ...pod,
      spec: {
        ...spec,
        ...(secrets && { imagePullSecrets: secrets }),
        ...(runtime?.overhead?.podFixed && { overhead: runtime.overhead.podFixed }),
        ...(nodeSelector && { nodeSelector: { ...spec.nodeSelector, ...nodeSelector } }),
        ...(tolerations.length > 0 && { tolerations: [...(spec.tolerations ?? []), ...tolerations] }),
      },
    };
  }
}

function refusalOf(path: string, operation: string, object: unknown, oldObject: unknown): string | undefined {
  const request = { uid: "", operation, object, oldObject };
  const { response } = answers[path]!({ request } as unknown as Review);
  return response["allowed"] ? undefined : (response["status"] as { message: string }).message;
}

/** Why a webhook refuses to let the object be made. Of new objects only PipelineRuns are validated. */
function refusedBy(object: Resource): string | undefined {
  const paths = object.kind === "PipelineRun" ? ["/defaulting", "/validation"] : ["/defaulting"];
  return paths.map(path => refusalOf(path, "CREATE", object, null)).find(why => why !== undefined);
}

const refusedChange = (run: Run, old: Run): string | undefined =>
  refusalOf("/validation", "UPDATE", run, old);

/** A pod's next status; undefined when it has ended. The test bed's annotation says whether it fails. */
function statusAfter({ metadata, spec, status }: V1Pod): Json | undefined {
  if (status?.phase !== "Pending" && status?.phase !== "Running") return undefined;
  const runs = status.phase === "Pending";
  const fails = metadata?.annotations?.["testbed/fail"] === "true";
  const end = { terminated: { exitCode: fails ? 1 : 0, reason: fails ? "Error" : "Completed" } };
  const containerStatuses = spec!.containers.map(({ name }) => ({
    name,
    ready: runs,
    state: runs ? { running: {} } : end,
  }));
  return { phase: runs ? "Running" : fails ? "Failed" : "Succeeded", containerStatuses };
}
