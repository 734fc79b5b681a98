/**
 * What nodes say, of which only what sends a placeholder away is kept, and which placeholders are where: an event of a
 * node costs one look-up, however many nodes and runs there are.
 */
import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { GONE, HEALTHY, stateOf, type EndingKeys, type NodeState } from "../placement/node-state";
import { allocatableOf, type NodeRoom } from "../placement/node-room";
import type { Sink } from "./reflector-options";

/** Called for each run whose placeholder is on a node that says something new. */
export type OnNodeChange = (run: string) => void;

export class NodeStore {
  /** Of all nodes that are there; those that are as they should be share one object. */
  readonly #states = new Map<string, NodeState>();
  /** In cpu and memory, by name of a node. */
  readonly #allocatable = new Map<string, NodeRoom["allocatable"]>();
  /** By name of a node: the placeholders' pods there, by UID, each with its run. */
  readonly #placeholders = new Map<string, Map<string, string>>();
  /** UIDs of placeholders' pods that have the last slot of their node. */
  readonly #inLastSlot = new Set<string>();
  /** Names in the list that is being read. */
  #listed: Set<string> | undefined;
  /** Whether all nodes are known: only then is one that is not known gone. */
  #isSynced = false;

  constructor(
    private readonly isEnding: EndingKeys,
    private readonly onChange: OnNodeChange,
  ) {}

  readonly sink: Sink<V1Node> = {
    begin: () => (this.#listed = new Set()),
    event: (type, node) => {
      this.#listed?.add(node.metadata!.name!);
      this.see(node.metadata!.name!, type === "DELETED" ? undefined : node);
    },
    synced: () => this.#synced(),
    gap: () => {},
  };

  /** @param node undefined for one that is not there */
  see(name: string, node: V1Node | undefined): void {
    const state = stateOf(node, this.isEnding);
    const before = this.#states.get(name);
    const allocatable = allocatableOf(node);
    if (allocatable === undefined) this.#allocatable.delete(name);
    else this.#allocatable.set(name, allocatable);
    if (state === GONE) this.#states.delete(name);
    else this.#states.set(name, state);
    if (!areSame(before ?? (this.#isSynced ? GONE : HEALTHY), state)) this.#tell(name);
  }

  /** Whether nodes are watched, and have been listed. */
  get areKnown(): boolean {
    return this.#isSynced;
  }

  /** In cpu and memory; undefined for a node of which that is not known. */
  allocatableOf(name: string): NodeRoom["allocatable"] | undefined {
    return this.#allocatable.get(name);
  }

  /** Runs whose placeholders are there. */
  runsOn(name: string): Iterable<string> {
    return this.#placeholders.get(name)?.values() ?? [];
  }

  /** What is not as it should be; undefined for a node of which nothing is to be said, or nothing known. */
  stateOf(name: string): NodeState | undefined {
    const state = this.#states.get(name) ?? (this.#isSynced ? GONE : HEALTHY);
    return state === HEALTHY ? undefined : state;
  }

  /** The same, as far as it is about this pod of a placeholder. */
  stateFor({ metadata, spec }: V1Pod): NodeState | undefined {
    const state = this.stateOf(spec!.nodeName!);
    return this.#inLastSlot.has(metadata?.uid ?? "") ? { ...state, isFull: true } : state;
  }

  /** Its run may not start there: no pod would have a place. */
  inLastSlot({ metadata }: V1Pod): void {
    this.#inLastSlot.add(metadata!.uid!);
  }

  /** A placeholder's pod was seen. */
  placed({ metadata, spec }: V1Pod, run: string): void {
    if (!spec?.nodeName) return;
    const there = this.#placeholders.get(spec.nodeName) ?? new Map<string, string>();
    this.#placeholders.set(spec.nodeName, there.set(metadata!.uid!, run));
  }

  /** A placeholder's pod is gone. */
  left({ metadata, spec }: V1Pod): void {
    this.#inLastSlot.delete(metadata!.uid!);
    const there = this.#placeholders.get(spec?.nodeName ?? "");
    if (there?.delete(metadata!.uid!) === true && there.size === 0)
      this.#placeholders.delete(spec!.nodeName!);
  }

  #synced(): void {
    const wasSynced = this.#isSynced;
    this.#isSynced = true;
    for (const name of this.#states.keys()) {
      if (this.#listed?.has(name) === false) this.see(name, undefined);
    }
    this.#listed = undefined;
    if (wasSynced) return;
    // Placeholders on nodes that no list has.
    for (const name of this.#placeholders.keys()) if (!this.#states.has(name)) this.#tell(name);
  }

  #tell(name: string): void {
    for (const run of new Set(this.#placeholders.get(name)?.values())) this.onChange(run);
  }
}

const areSame = (one: NodeState, other: NodeState): boolean =>
  one === other || JSON.stringify(one) === JSON.stringify(other);
