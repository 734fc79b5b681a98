/** Strikes nodes, and has each of them well again after a while. */
import { setTimeout as delay } from "node:timers/promises";
import { asBefore, back, EVENTS, type Scene } from "../../e2e/nodes/events";
import type { Cluster } from "../../testbed/cluster";
import { addNode } from "../../testbed/nodes";
import type { NodeEvent } from "./plan";

/** More than runs at once, so that runs wait for the operator and not for one another; some are always out. */
const NODES = 40;
/** No node is struck while so few are well. */
const LEAST_WELL = 20;

export class NodeActor {
  /** How often each event befell a node. */
  readonly done = new Map<string, number>();
  readonly #well = new Set<string>();
  #added = 0;

  constructor(private readonly cluster: Cluster) {}

  async prepare(): Promise<void> {
    await Promise.all(Array.from({ length: NODES }, () => this.#add()));
  }

  async #add(): Promise<void> {
    const name = `node-${++this.#added}`;
    await addNode(this.cluster.clients, { name });
    this.#well.add(name);
  }

  /**
   * Resolves when the node, or the one in its place, is well.
   *
   * @param inUse names of nodes that runs are on
   */
  async strike({ kind, pick, isInUse, milliseconds }: NodeEvent, inUse: ReadonlySet<string>): Promise<void> {
    if (this.#well.size <= LEAST_WELL) return;
    const fitting = [...this.#well].filter(name => inUse.has(name) === isInUse);
    const among = fitting.length > 0 ? fitting : [...this.#well];
    const node = among[Math.floor(pick * among.length)]!;
    this.#well.delete(node);
    const scene: Scene = { operated: { cluster: this.cluster }, namespace: "default", node };
    this.done.set(kind, (this.done.get(kind) ?? 0) + 1);
    // A drain ends when what is there has gone.
    await Promise.all([EVENTS[kind].happens(scene), delay(milliseconds)]);
    if (kind === "deleted") return this.#add();
    await asBefore(scene);
    if (kind === "not ready" || kind === "out of service") await back(scene);
    this.#well.add(node);
  }
}
