/** An order of vertices in which each stands after those that come before it. */

/**
 * Kahn's algorithm, in time of vertices and edges.
 *
 * @param before for each vertex, those that come directly before it
 * @returns undefined when there is a cycle
 */
export function topologicalOrder(before: readonly (readonly number[])[]): number[] | undefined {
  const missing = before.map(predecessors => predecessors.length);
  const after: number[][] = before.map(() => []);
  before.forEach((predecessors, vertex) => {
    for (const predecessor of predecessors) after[predecessor]!.push(vertex);
  });
  const order = [...before.keys()].filter(vertex => missing[vertex] === 0);
  for (let index = 0; index < order.length; index++) {
    for (const vertex of after[order[index]!]!) if (--missing[vertex]! === 0) order.push(vertex);
  }
  return order.length === before.length ? order : undefined;
}

/** Edges by index for items that name those before them; names of nothing are left out. */
export function indexed(items: readonly { name: string; after: readonly string[] }[]): number[][] {
  const indices = new Map(items.map(({ name }, index) => [name, index]));
  return items.map(({ after }) =>
    after.flatMap(name => {
      const index = indices.get(name);
      return index === undefined ? [] : [index];
    }),
  );
}
