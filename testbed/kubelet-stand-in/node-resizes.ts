/** Carries out what is decided for one node. */
import { ApiException, type V1Node, type V1Pod } from "@kubernetes/client-node";
import type { KubeClients } from "../../capabilities/kube/client";
import { versionOf } from "../../capabilities/store/entry";
import { FAKE_NODE_LABEL } from "../nodes";
import { pendingCondition } from "./conditions";
import { decideResizes, hasEnded, isWaitingForRoom, openSteps, type Step } from "./decide";
import type { Pace } from "./pace";
import { amounts } from "./requests";
import { statusPatch, type JsonPatch } from "./status-patch";

/** As the kubelet's: nothing tells of a node that has grown. */
const RETRY_MILLISECONDS = 180_000;

export class NodeResizes {
  /**
   * Nodes where a resize may be waiting for room. Only what is looked at hangs on it: it is made anew from
   * the pods that are seen after a start.
   */
  readonly #waiting = new Set<string>();
  /** By node and by uid. As a kubelet, it knows pods from its watch, and its own answers at once. */
  readonly #pods = new Map<string, Map<string, V1Pod>>();
  readonly #nodes = new Map<string, V1Node>();

  constructor(
    private readonly clients: KubeClients,
    private readonly pace: Pace,
  ) {}

  seeNode(node: V1Node, isGone: boolean): void {
    const name = node.metadata!.name!;
    if (isGone) this.#nodes.delete(name);
    else this.#nodes.set(name, node);
  }

  /** An older event does not undo a newer answer. */
  #see(pod: V1Pod, isGone: boolean): void {
    const node = pod.spec!.nodeName!;
    const pods = this.#pods.get(node) ?? new Map<string, V1Pod>();
    const uid = pod.metadata!.uid!;
    if (isGone) pods.delete(uid);
    else if (versionOf(pod) > versionOf(pods.get(uid) ?? {})) pods.set(uid, pod);
    if (pods.size > 0) this.#pods.set(node, pods);
    else this.#pods.delete(node);
  }

  /** Of a pod that is gone by now nothing is kept. */
  #answered(pod: V1Pod): void {
    if (this.#pods.get(pod.spec!.nodeName!)?.has(pod.metadata!.uid!)) this.#see(pod, false);
  }

  /** @returns the node that is to be looked at now that this pod was seen, and after how many milliseconds */
  lookFor(pod: V1Pod, isGone: boolean): { node: string; milliseconds: number } | undefined {
    const node = pod.spec?.nodeName;
    if (node === undefined) return undefined;
    this.#see(pod, isGone);
    if (isWaitingForRoom(pod)) this.#waiting.add(node);
    if (isGone || hasEnded(pod)) {
      const milliseconds = this.pace.until(pod, "notice");
      if (isGone) this.pace.forget(pod);
      return this.#waiting.has(node) || pendingCondition(pod) !== undefined
        ? { node, milliseconds }
        : undefined;
    }
    const milliseconds = this.#untilNext([pod]);
    return milliseconds === undefined ? undefined : { node, milliseconds };
  }

  /** Milliseconds until the first of the pods' steps is due. */
  #untilNext(pods: V1Pod[]): number | undefined {
    const all = pods.flatMap(pod => openSteps(pod).map(step => this.pace.until(pod, step)));
    return all.length === 0 ? undefined : Math.min(...all);
  }

  /**
   * Decides on all resizes of a node. An own grant is never overlooked: what the API server answered is kept.
   * Must not run twice at a time for the same node.
   *
   * @returns milliseconds after which to look again; undefined when nothing is to come and nothing waits for room
   */
  async work(nodeName: string): Promise<number | undefined> {
    // From here on, a pod that leaves has the node looked at again.
    this.#waiting.add(nodeName);
    const node = this.#nodes.get(nodeName);
    const isOurs = node?.metadata?.labels?.[FAKE_NODE_LABEL.key] === FAKE_NODE_LABEL.value;
    const pods = isOurs ? [...(this.#pods.get(nodeName)?.values() ?? [])] : [];
    const isDue = (pod: V1Pod, step: Step): boolean => this.pace.until(pod, step) === 0;
    const decisions = decideResizes(amounts(node?.status?.allocatable), pods, isDue);
    for (const decision of decisions) {
      const patch = statusPatch(decision, new Date());
      if (patch !== undefined) await this.#write(decision.pod, patch);
    }
    const next = this.#untilNext(pods.filter(pod => !decisions.some(decision => decision.pod === pod)));
    const isWaiting = decisions.some(({ outcome }) => outcome === "deferred");
    // The node of a lost kubelet is looked at again too: it may come back.
    if (isWaiting || (node && !isOurs)) return next ?? RETRY_MILLISECONDS;
    this.#waiting.delete(nodeName);
    return next;
  }

  /** @throws Error when the pod has changed meanwhile, or cannot be written: then all is decided anew */
  async #write({ metadata }: V1Pod, body: JsonPatch): Promise<void> {
    const { namespace, name } = { namespace: metadata!.namespace!, name: metadata!.name! };
    try {
      this.#answered(await this.clients.core.patchNamespacedPodStatus({ namespace, name, body }));
    } catch (error) {
      if (error instanceof ApiException && error.code === 404) return;
      throw error;
    }
  }
}
