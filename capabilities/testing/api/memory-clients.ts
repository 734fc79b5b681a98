/** What a controller has of the API server in memory: the calls that it makes, until its process dies. */
import type { V1Pod } from "@kubernetes/client-node";
import type { KubeClients } from "../../kube/client";
import { isChosen } from "../selectors";
import { refused, type Kind, type KubeObject, type MemoryApi } from "./memory-api";

/** The process is gone: nothing that it asked for is answered any more. */
export class Died extends Error {}

interface Request {
  name?: string;
  plural?: string;
  body?: unknown;
  labelSelector?: string;
}

const isActive = ({ status }: V1Pod): boolean => !["Succeeded", "Failed"].includes(status?.phase ?? "");

export class MemoryClients {
  /** What it wrote, in order. */
  readonly writes: string[] = [];
  #isDead = false;

  /**
   * @param diesAfter the count of writes after which it dies, before it has the answer
   * @param diesReading plural of what it dies of when it reads one
   * @param meanwhile what happens, and is told, before the answer to a write comes; told how many there have been
   */
  constructor(
    private readonly api: MemoryApi,
    private readonly diesAfter = Infinity,
    private readonly diesReading = "",
    private readonly meanwhile: (writes: number) => void = () => {},
  ) {}

  async #read<T>(read: () => T): Promise<T> {
    if (this.#isDead) throw new Died();
    return read();
  }

  async #write<T>(what: string, write: () => T): Promise<T> {
    if (this.#isDead) throw new Died();
    const answer = write();
    this.writes.push(what);
    this.meanwhile(this.writes.length);
    this.#isDead = this.writes.length >= this.diesAfter;
    if (this.#isDead) throw new Died();
    return answer;
  }

  #list(kind: Kind, { labelSelector }: Request): Promise<unknown> {
    return this.#read(() => {
      const items = this.api.all(kind).filter(one => isChosen(one, labelSelector));
      const metadata = { resourceVersion: `${this.api.version}` };
      return { items: kind === "pods" ? items.filter(pod => isActive(pod as V1Pod)) : items, metadata };
    });
  }

  #delete(kind: Kind, { name, body }: Request): Promise<unknown> {
    const { preconditions } = body as { preconditions: object };
    return this.#write(`delete ${kind}`, () => this.api.delete(kind, name!, preconditions));
  }

  #patch(kind: Kind, { name, body }: Request, what = `patch ${kind}`): Promise<unknown> {
    return this.#write(what, () => this.api.patch(kind, name!, body as unknown[]));
  }

  #create(kind: Kind, { body }: Request): Promise<unknown> {
    return this.#write(`create ${kind}`, () => this.api.create(kind, body as KubeObject));
  }

  get clients(): KubeClients {
    const nothing = () => this.#read(() => ({ items: [] }));
    const apps = {
      createNamespacedStatefulSet: (request: Request) => this.#create("statefulsets", request),
      patchNamespacedStatefulSet: (request: Request) => this.#patch("statefulsets", request),
      deleteNamespacedStatefulSet: (request: Request) => this.#delete("statefulsets", request),
      readNamespacedStatefulSet: ({ name }: Request) => this.#read(() => this.api.get("statefulsets", name!)),
      listStatefulSetForAllNamespaces: (request: Request) => this.#list("statefulsets", request),
    };
    const core = {
      createNamespacedPod: (request: Request) => this.#create("pods", request),
      patchNamespacedPodResize: (request: Request) => this.#patch("pods", request, "resize pods"),
      deleteNamespacedPod: (request: Request) => this.#delete("pods", request),
      listNamespacedPod: (request: Request) => this.#list("pods", request),
      listPodForAllNamespaces: (request: Request) => this.#list("pods", request),
      readNamespacedPersistentVolumeClaim: ({ name }: Request) =>
        this.#read(() => this.api.get("persistentvolumeclaims", name!)),
      deleteNamespacedPersistentVolumeClaim: (request: Request) =>
        this.#delete("persistentvolumeclaims", request),
      patchNamespacedPersistentVolumeClaim: (request: Request) =>
        this.#patch("persistentvolumeclaims", request),
      createNamespacedEvent: (request: Request) => this.#create("events", request),
      patchNamespacedEvent: ({ name }: Request) =>
        this.#write("patch events", () => this.api.get("events", name!)),
      readNode: ({ name }: Request) => this.#read(() => this.api.get("nodes", name!)),
      readPersistentVolume: ({ name }: Request) => this.#read(() => this.api.get("persistentvolumes", name!)),
      listNamespacedEvent: nothing,
      listNamespacedLimitRange: nothing,
      listNamespacedResourceQuota: nothing,
    };
    const custom = {
      getNamespacedCustomObject: ({ plural, name }: Request) =>
        this.#read(() => {
          this.#isDead = plural === this.diesReading;
          if (this.#isDead) throw new Died();
          if (plural !== "pipelineruns") throw refused(404, `${plural} "${name}" not found`);
          return this.api.get("pipelineruns", name!);
        }),
      patchNamespacedCustomObject: (request: Request) => this.#patch(request.plural as Kind, request),
      listNamespacedCustomObject: (request: Request) => this.#list(request.plural as Kind, request),
      listCustomObjectForAllNamespaces: (request: Request) => this.#list(request.plural as Kind, request),
    };
    const scheduling = {
      listPriorityClass: nothing,
      createPriorityClass: ({ body }: Request) => Promise.resolve(body),
    };
    return { apps, core, custom, scheduling } as unknown as KubeClients;
  }
}
