/** An order of vertices in which each stands after those that come before it. */

/** For each vertex, those that come directly after it. */
export function successorsOf(before: readonly (readonly number[])[]): number[][] {
  const after: number[][] = before.map(() => []);
  before.forEach((predecessors, vertex) => {
    for (const predecessor of predecessors) after[predecessor]!.push(vertex);
  });
  return after;
}

/**
 * Kahn's algorithm, in time of vertices and edges.
 *
 * @param before for each vertex, those that come directly before it
 * @returns undefined when there is a cycle
 */
export function topologicalOrder(before: readonly (readonly number[])[]): number[] | undefined {
  const missing = before.map(predecessors => predecessors.length);
  const after = successorsOf(before);
  const order = [...before.keys()].filter(vertex => missing[vertex] === 0);
  for (let index = 0; index < order.length; index++) {
    for (const vertex of after[order[index]!]!) if (--missing[vertex]! === 0) order.push(vertex);
  }
  return order.length === before.length ? order : undefined;
}

/** Above this many vertices the bits below would take more than 2 MiB. */
const MOST_REDUCED = 4096;

/**
 * The edges without those that only repeat a longer way: with a before b before c, that a is before c. Of a graph of too
 * many vertices, the edges as they are.
 *
 * @param order of its vertices, as `topologicalOrder` gives it
 */
export function withoutDetours(
  before: readonly (readonly number[])[],
  order: readonly number[],
): readonly (readonly number[])[] {
  if (before.length > MOST_REDUCED) return before;
  const position = new Int32Array(before.length);
  order.forEach((vertex, index) => (position[vertex] = index));
  const words = Math.ceil(before.length / 32);
  /** For each vertex the vertices before it, directly or not, as bits. */
  const above = new Int32Array(before.length * words);
  const reduced: number[][] = before.map(() => []);
  for (const vertex of order) {
    const own = above.subarray(vertex * words, (vertex + 1) * words);
    const positions = Int32Array.from(before[vertex]!, one => position[one]!).sort();
    for (let nearest = positions.length - 1; nearest >= 0; nearest--) {
      const one = order[positions[nearest]!]!;
      if (((own[one >>> 5]! >>> (one & 31)) & 1) === 1) continue;
      const further = above.subarray(one * words, (one + 1) * words);
      for (let word = 0; word < words; word++) own[word]! |= further[word]!;
      own[one >>> 5]! |= 1 << (one & 31);
      reduced[vertex]!.push(one);
    }
  }
  return reduced;
}

/** Edges by index for items that name those before them; names of nothing are left out. */
export function indexed(items: readonly { name: string; after: readonly string[] }[]): number[][] {
  const indices = new Map(items.map(({ name }, index) => [name, index]));
  return items.map(({ after }) => {
    const before: number[] = [];
    for (const name of after) {
      const index = indices.get(name);
      if (index !== undefined) before.push(index);
    }
    return before;
  });
}
