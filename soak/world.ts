/** The cluster as the observer has seen it so far. Pure: events go in, in the order of their versions. */
import type { V1Namespace, V1Node, V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { PLACEHOLDER_LABEL } from "../capabilities/keys";
import type { PipelineRun } from "../capabilities/tekton/objects";
import type { Write } from "../testbed/audit";
import type { Change } from "../testbed/event-feed";
import { controllerOf, hasFinished, isLabelledPlaceholder, labelOf, uidOf } from "./objects";

export interface Kinds {
  run: PipelineRun;
  pod: V1Pod;
  statefulSet: V1StatefulSet;
  node: V1Node;
  namespace: V1Namespace;
}
export type Kind = keyof Kinds;

interface SeenOf<K extends Kind> extends Change<Kinds[K]> {
  kind: K;
  /** As it was before this change; undefined when it is new. */
  before?: Kinds[K];
  /** The operator's write that made this change; undefined when somebody else did. */
  write?: Write;
}

/** One change of one object. */
export type Seen = { [K in Kind]: SeenOf<K> }[Kind];

/** By whatever key. */
export type Objects = { [K in Kind]: Map<string, Kinds[K]> };

export const noObjects = (): Objects => ({
  run: new Map(),
  pod: new Map(),
  statefulSet: new Map(),
  node: new Map(),
  namespace: new Map(),
});

export class World {
  /** By UID; what has been deleted stays in `last` only. */
  readonly #live = noObjects();
  readonly #last = noObjects();
  readonly #nodes = new Map<string, V1Node>();
  /** Pods by namespace and placeholder's label. */
  readonly #labelled = new Map<string, Set<string>>();

  /** @returns the change with what was before it */
  take<K extends Kind>(kind: K, change: Change<Kinds[K]>, write?: Write): Seen {
    const uid = uidOf(change.object);
    const before = this.#live[kind].get(uid);
    if (change.type === "DELETED") this.#live[kind].delete(uid);
    else this.#live[kind].set(uid, change.object);
    this.#last[kind].set(uid, change.object);
    if (kind === "node") this.#nodes.set(change.object.metadata!.name!, change.object as V1Node);
    if (kind === "pod") this.#index(change as Change<V1Pod>);
    return { ...change, kind, before, write } as Seen;
  }

  #index({ type, object }: Change<V1Pod>): void {
    const label = labelOf(object, PLACEHOLDER_LABEL);
    if (label === undefined) return;
    const key = `${object.metadata!.namespace}/${label}`;
    const pods = this.#labelled.get(key) ?? new Set();
    this.#labelled.set(key, pods);
    if (type === "DELETED") pods.delete(uidOf(object));
    else pods.add(uidOf(object));
  }

  /** Objects that are there. */
  all<K extends Kind>(kind: K): Kinds[K][] {
    return [...this.#live[kind].values()];
  }

  get<K extends Kind>(kind: K, uid: string | undefined): Kinds[K] | undefined {
    return uid === undefined ? undefined : this.#live[kind].get(uid);
  }

  /** As it was last, though it may be gone. */
  last<K extends Kind>(kind: K, uid: string | undefined): Kinds[K] | undefined {
    return uid === undefined ? undefined : this.#last[kind].get(uid);
  }

  /** Pods that are there and carry the label, the placeholder's among them. */
  podsLabelled(namespace: string, placeholder: string): V1Pod[] {
    const uids = this.#labelled.get(`${namespace}/${placeholder}`) ?? [];
    return [...uids].flatMap(uid => this.#live.pod.get(uid) ?? []);
  }

  /** Nothing can be made in it any more. */
  isNamespaceGoing(name: string): boolean {
    return this.all("namespace").some(
      ({ metadata }) => metadata!.name === name && metadata!.deletionTimestamp !== undefined,
    );
  }

  isNodeThere(name: string): boolean {
    const node = this.#nodes.get(name);
    return node !== undefined && this.#live.node.has(uidOf(node));
  }

  /** The value of a node's label, though the node may be gone. */
  domainOf(node: string, key: string): string | undefined {
    const known = this.#nodes.get(node);
    return known === undefined ? undefined : labelOf(known, key);
  }

  /** The run of a pod at the root: child runs are followed to their parents. */
  rootOf(pod: V1Pod): PipelineRun | undefined {
    let run = this.last("run", labelOf(pod, "tekton.dev/pipelineRunUID"));
    while (run !== undefined) {
      const owner = controllerOf(run);
      if (owner?.kind !== "PipelineRun") return run;
      run = this.last("run", owner.uid);
    }
    return undefined;
  }

  /** The run that a StatefulSet is the placeholder of; undefined when it is none. */
  runOfPlaceholder(statefulSet: V1StatefulSet): PipelineRun | undefined {
    if (!isLabelledPlaceholder(statefulSet)) return undefined;
    const owner = controllerOf(statefulSet);
    return owner?.kind === "PipelineRun" ? this.last("run", owner.uid) : undefined;
  }

  /** The run that a pod is the placeholder of; undefined when it is none. */
  runOfPlaceholderPod(pod: V1Pod): PipelineRun | undefined {
    const statefulSet = this.last("statefulSet", controllerOf(pod)?.uid);
    return statefulSet === undefined ? undefined : this.runOfPlaceholder(statefulSet);
  }

  /** The StatefulSets that are placeholders of this very run. */
  placeholdersOf(run: PipelineRun): V1StatefulSet[] {
    return this.all("statefulSet").filter(
      statefulSet => isLabelledPlaceholder(statefulSet) && controllerOf(statefulSet)?.uid === uidOf(run),
    );
  }

  /** Pods of the placeholder's label that wait or run, and are no placeholders. */
  activePodsOf(namespace: string, placeholder: string): V1Pod[] {
    return this.podsLabelled(namespace, placeholder).filter(
      pod => !isLabelledPlaceholder(pod) && !hasFinished(pod),
    );
  }
}
