/** Maximum flow by Dinic's algorithm, on arrays and without recursion. */

/** Sends flow over paths that all have one length, the shortest there is, until none is left; then over longer ones. */
export class FlowNetwork {
  private readonly to: Int32Array;
  private readonly next: Int32Array;
  private readonly first: Int32Array;
  private readonly level: Int32Array;
  private readonly current: Int32Array;
  private readonly queue: Int32Array;
  private readonly capacity: Float64Array;
  /** What each arc still takes; arc i ^ 1 is the way back of arc i. */
  private readonly rest: Float64Array;
  private arcs = 0;
  /** How many arcs have been looked at, over all flows. */
  private visited = 0;

  /**
   * @param size how many nodes there are, and `arcs` how many arcs will be added
   * @param mostVisited a flow ends early, and is not the maximum, when more arcs would be looked at
   */
  constructor(
    size: number,
    arcs: number,
    private readonly source: number,
    private readonly sink: number,
    private readonly mostVisited = Infinity,
  ) {
    this.to = new Int32Array(2 * arcs);
    this.next = new Int32Array(2 * arcs);
    this.capacity = new Float64Array(2 * arcs);
    this.rest = new Float64Array(2 * arcs);
    this.first = new Int32Array(size).fill(-1);
    this.level = new Int32Array(size);
    this.current = new Int32Array(size);
    this.queue = new Int32Array(size);
  }

  /** @returns the arc, for `setCapacity` */
  addArc(from: number, to: number, capacity: number): number {
    const arc = this.arcs;
    this.arcs += 2;
    this.to[arc] = to;
    this.to[arc + 1] = from;
    this.next[arc] = this.first[from]!;
    this.next[arc + 1] = this.first[to]!;
    this.capacity[arc] = capacity;
    this.first[from] = arc;
    this.first[to] = arc + 1;
    return arc;
  }

  setCapacity(arc: number, capacity: number): void {
    this.capacity[arc] = capacity;
  }

  get isExhausted(): boolean {
    return this.visited >= this.mostVisited;
  }

  /** @returns the maximum flow from source to sink; less when it is exhausted */
  maximumFlow(): number {
    this.rest.set(this.capacity);
    let flow = 0;
    while (!this.isExhausted && this.setLevels()) {
      this.current.set(this.first);
      flow += this.blockingFlow();
    }
    return flow;
  }

  /** After `maximumFlow`: whether the node lies on the source's side of the minimum cut. */
  isOnSourceSide(node: number): boolean {
    return this.level[node]! >= 0;
  }

  /** Breadth first. @returns whether the sink can be reached */
  private setLevels(): boolean {
    const { level, queue, first, next, to, rest } = this;
    level.fill(-1);
    level[this.source] = 0;
    queue[0] = this.source;
    let end = 1;
    for (let start = 0; start < end; start++) {
      const node = queue[start]!;
      for (let arc = first[node]!; arc >= 0; arc = next[arc]!) {
        this.visited++;
        const target = to[arc]!;
        if (rest[arc]! <= 0 || level[target]! >= 0) continue;
        level[target] = level[node]! + 1;
        queue[end++] = target;
      }
    }
    return level[this.sink]! >= 0;
  }

  private blockingFlow(): number {
    const { level, current, next, to } = this;
    const path: number[] = [];
    let flow = 0;
    for (let node = this.source; ; ) {
      if (node === this.sink) {
        this.visited += path.length;
        flow += this.augment(path);
        node = path.length === 0 ? this.source : to[path.at(-1)!]!;
        continue;
      }
      if (this.isExhausted) return flow;
      const arc = this.usableArc(node);
      if (arc >= 0) {
        path.push(arc);
        node = to[arc]!;
        continue;
      }
      const back = path.pop();
      if (back === undefined) return flow;
      level[node] = -1;
      node = to[back ^ 1]!;
      current[node] = next[current[node]!]!;
    }
  }

  private usableArc(node: number): number {
    const { level, current, next, to, rest } = this;
    let arc = current[node]!;
    while (arc >= 0 && !(rest[arc]! > 0 && level[to[arc]!] === level[node]! + 1)) {
      this.visited++;
      arc = next[arc]!;
    }
    this.visited++;
    current[node] = arc;
    return arc;
  }

  /** Sends what fits, and cuts the path back to where it is full. */
  private augment(path: number[]): number {
    const { rest } = this;
    let fits = Infinity;
    for (const arc of path) fits = Math.min(fits, rest[arc]!);
    let full = path.length;
    for (let index = path.length - 1; index >= 0; index--) {
      const arc = path[index]!;
      rest[arc]! -= fits;
      rest[arc ^ 1]! += fits;
      if (rest[arc] === 0) full = index;
    }
    path.length = full;
    return fits;
  }
}
