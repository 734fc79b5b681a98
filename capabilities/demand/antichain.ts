/**
 * The heaviest antichain of a directed graph without cycles: of all sets of vertices none of which is reachable from
 * another, one of the largest weight. Exact.
 *
 * By Dilworth's theorem for weights it weighs as much as the least flow that covers every vertex with its weight, and
 * that is the sum of the weights minus a maximum flow: each vertex v gives up to its weight to vertices after it
 * (v_out) and takes up to its weight from vertices before it (v_in). What v takes may also go on to those after v
 * (v_in to v_out), so edges suffice and the transitive closure need not be built. The antichain is read from the
 * minimum cut: v_out on the source's side and v_in not.
 */
import { FlowNetwork } from "./max-flow";

export interface Antichain {
  weight: number;
  /** Vertices of the antichain that weigh anything, in rising order. */
  members: number[];
  /** The graph is too intricate: the weight may be too large, and the members are all that weigh anything. */
  isUpperBound?: true;
}

/**
 * Vertices that come directly after the same ones are put after a new vertex without weight that comes after these:
 * a + b edges in place of a * b. The new vertices stand at the end.
 */
function withMeetingPoints(before: readonly (readonly number[])[]): (readonly number[])[] {
  const groups = new Map<string, number[]>();
  before.forEach((predecessors, vertex) => {
    if (predecessors.length < 2) return;
    const key = predecessors.join();
    const group = groups.get(key);
    if (group) group.push(vertex);
    else groups.set(key, [vertex]);
  });
  const result = [...before];
  for (const group of groups.values()) {
    if (group.length < 2) continue;
    const meetingPoint = result.push(before[group[0]!]!) - 1;
    for (const vertex of group) result[vertex] = [meetingPoint];
  }
  return result;
}

export class AntichainFinder {
  private readonly network: FlowNetwork;
  private readonly gives: number[] = [];
  private readonly takes: number[] = [];

  /**
   * @param before for each vertex, those that come directly before it
   * @param mostVisited how much of the graph is looked at, over all weights
   */
  constructor(before: readonly (readonly number[])[], mostVisited = Infinity) {
    const edges = withMeetingPoints(before);
    const size = edges.length;
    const [source, sink] = [2 * size, 2 * size + 1];
    const arcs = edges.reduce((total, predecessors) => total + predecessors.length, 3 * size);
    this.network = new FlowNetwork(2 * size + 2, arcs, source, sink, mostVisited);
    edges.forEach((predecessors, vertex) => {
      this.gives.push(this.network.addArc(source, outOf(vertex), 0));
      this.takes.push(this.network.addArc(into(vertex), sink, 0));
      this.network.addArc(into(vertex), outOf(vertex), Infinity);
      for (const predecessor of predecessors) {
        this.network.addArc(outOf(predecessor), into(vertex), Infinity);
      }
    });
  }

  /** @param weights of each vertex; not negative */
  heaviest(weights: readonly number[]): Antichain {
    weights.forEach((weight, vertex) => {
      this.network.setCapacity(this.gives[vertex]!, weight);
      this.network.setCapacity(this.takes[vertex]!, weight);
    });
    const flow = this.network.maximumFlow();
    // Of any flow, the sum of the weights minus the flow is at least the weight of every antichain.
    if (this.network.isExhausted) {
      const sum = weights.reduce((total, weight) => total + weight, 0);
      const members = [...weights.keys()].filter(vertex => weights[vertex]! > 0);
      return { weight: sum - flow, members, isUpperBound: true };
    }
    const members = [...weights.keys()].filter(
      vertex =>
        weights[vertex]! > 0 &&
        this.network.isOnSourceSide(outOf(vertex)) &&
        !this.network.isOnSourceSide(into(vertex)),
    );
    return { weight: members.reduce((total, vertex) => total + weights[vertex]!, 0), members };
  }
}

const outOf = (vertex: number): number => 2 * vertex;
const into = (vertex: number): number => 2 * vertex + 1;
