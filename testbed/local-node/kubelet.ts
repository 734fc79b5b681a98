/** Plays the kubelet of the local node: each pod that is bound to it is a process of this machine. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { V1Pod, V1PodStatus } from "@kubernetes/client-node";
import { MERGE_PATCH } from "../../capabilities/kube/json-patch";
import type { Cluster } from "../cluster";
import { ifFound } from "../if-found";
import { readKubeConfig } from "../kubeconfig";
import { freePorts } from "../ports";
import { watch, type Watching } from "../watch";
import { LOCAL_NODE, startLocalNode } from "./node";
import { probe, restart, startPod, statusOf, type LocalPod } from "./local-pod";
import { writeVolumes } from "./pod-files";

const LOOK_MILLISECONDS = 200;
const VOLUMES_MILLISECONDS = 2_000;

export interface Kubelet {
  /** Pods that run here now. */
  pods(): LocalPod[];
  /** Names of pods, with the exit code, whose process ended by itself and failed. */
  crashes(): readonly string[];
  /** Containers of this name are not started again when they end, until `resume`. */
  suspend(container: string): void;
  resume(container: string): void;
  /** Kills all processes; the pods stay as objects. */
  stop(): Promise<void>;
}

/** @param servers what containers of a name talk to in place of the API server */
export async function startKubelet(cluster: Cluster, servers: Record<string, string> = {}): Promise<Kubelet> {
  // A pod can be bound to the node as soon as it is there.
  const pods = await watchPods(cluster);
  const node = await startLocalNode(cluster).catch((error: Error) => {
    pods.stop();
    throw error;
  });
  const kubelet = new LocalKubelet(cluster, pods, servers);
  void kubelet.run();
  return {
    pods: () => [...kubelet.local.values()],
    crashes: () => kubelet.crashes,
    suspend: container => kubelet.suspended.add(container),
    resume: container => kubelet.suspended.delete(container),
    stop: async () => {
      node.stop();
      await kubelet.stop();
    },
  };
}

function watchPods(cluster: Cluster): Promise<Watching<V1Pod>> {
  const fieldSelector = `spec.nodeName=${LOCAL_NODE}`;
  return watch<V1Pod>(readKubeConfig(cluster.kubeconfigFile), {
    path: "/api/v1/pods",
    list: () => cluster.clients.core.listPodForAllNamespaces({ fieldSelector }),
    fieldSelector,
  });
}

class LocalKubelet {
  /** By UID. */
  readonly local = new Map<string, LocalPod>();
  readonly suspended = new Set<string>();
  readonly crashes: string[] = [];
  /** UIDs of pods that something is done for which takes its time. */
  readonly #busy = new Set<string>();
  #stopped = false;
  #count = 0;

  constructor(
    private readonly cluster: Cluster,
    private readonly bound: Watching<V1Pod>,
    private readonly servers: Record<string, string>,
  ) {}

  async run(): Promise<void> {
    while (!this.#stopped) {
      this.#look();
      await new Promise(resolve => setTimeout(resolve, LOOK_MILLISECONDS));
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.bound.stop();
    await Promise.all([...this.local.values()].map(({ process: running }) => running.stop("SIGKILL")));
  }

  #look(): void {
    for (const pod of this.bound.objects()) {
      const uid = pod.metadata!.uid!;
      if (this.#busy.has(uid)) continue;
      this.#busy.add(uid);
      void this.#serve(pod)
        .catch((error: unknown) => {
          if (!this.#stopped) process.stderr.write(`test bed: pod ${pod.metadata!.name}: ${String(error)}\n`);
        })
        .finally(() => this.#busy.delete(uid));
    }
  }

  async #serve(pod: V1Pod): Promise<void> {
    const local = this.local.get(pod.metadata!.uid!);
    if (pod.metadata!.deletionTimestamp !== undefined) return this.#end(pod, local);
    if (pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") return;
    if (local === undefined) return this.#begin(pod);
    if (local.process.hasExited()) return this.#ended(pod, local);
    await this.#syncVolumes(pod, local);
    await this.#tell(pod, local);
  }

  /** Sooner than a kubelet. ConfigMaps stay as they were: the operator's module is large, and a new one makes new pods. */
  async #syncVolumes(pod: V1Pod, local: LocalPod): Promise<void> {
    if (Date.now() - local.volumesWritten < VOLUMES_MILLISECONDS) return;
    local.volumesWritten = Date.now();
    // What has been deleted meanwhile stays as it was written.
    await ifFound(writeVolumes(this.cluster.clients, pod, local.root, ({ secret }) => secret !== undefined));
  }

  async #begin(pod: V1Pod): Promise<void> {
    const { name, uid } = pod.metadata!;
    const [port] = await freePorts(1);
    const root = join(this.cluster.directory, "pods", name!);
    // An earlier pod may have had the name.
    await rm(root, { recursive: true, force: true });
    // Nobody listens there; the service proxy knows the port behind it.
    const address = `10.250.${this.#count >> 8}.${(this.#count++ & 255) + 1}`;
    const server = this.servers[pod.spec!.containers[0]!.name];
    this.local.set(uid!, await startPod(this.cluster, pod, { port: port!, address, root }, server));
  }

  async #end(pod: V1Pod, local: LocalPod | undefined): Promise<void> {
    const { namespace, name, uid } = pod.metadata!;
    if (local !== undefined) {
      local.ready = false;
      await local.process.stop("SIGTERM", (pod.metadata!.deletionGracePeriodSeconds ?? 30) * 1000);
      this.local.delete(uid!);
    }
    const body = { gracePeriodSeconds: 0, preconditions: { uid: uid! } };
    await ifFound(
      this.cluster.clients.core.deleteNamespacedPod({ namespace: namespace!, name: name!, body }),
    );
  }

  async #ended(pod: V1Pod, local: LocalPod): Promise<void> {
    const { code } = await local.process.exited;
    if (pod.spec!.restartPolicy === "Never") return this.#write(pod, statusOf(local, code ?? 137));
    await this.#tell(pod, local);
    if (this.suspended.has(pod.spec!.containers[0]!.name)) return;
    if (code) this.crashes.push(`${pod.metadata!.name} (exit code ${code})`);
    restart(this.cluster, local);
  }

  /** Writes the status when the readiness is no longer what was written. */
  async #tell(pod: V1Pod, local: LocalPod): Promise<void> {
    await this.#probe(local);
    const written = pod.status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
    if (pod.status?.phase === "Running" && written === local.ready) return;
    await this.#write(pod, statusOf(local));
  }

  /** As often as the pod says while it is ready; until then, and when its process has ended, at each look. */
  async #probe(local: LocalPod): Promise<void> {
    const period = (local.pod.spec!.containers[0]!.readinessProbe?.periodSeconds ?? 0) * 1000;
    if (local.ready && !local.process.hasExited() && Date.now() - local.probed < period) return;
    local.probed = Date.now();
    local.ready = await probe(local);
  }

  async #write(pod: V1Pod, status: V1PodStatus): Promise<void> {
    const { namespace, name } = pod.metadata!;
    const body = { status };
    const target = { namespace: namespace!, name: name!, body };
    await ifFound(this.cluster.clients.core.patchNamespacedPodStatus(target, MERGE_PATCH));
  }
}
