/** The slow and certain way to the heaviest antichain: every set of vertices is looked at. For tests, up to 12 vertices. */

/** For each vertex, the vertices before it, directly or not, as bits. */
export function ancestors(before: readonly (readonly number[])[]): number[] {
  const bits = before.map(() => 0);
  // A path is at most as long as there are vertices.
  for (let round = 0; round < before.length; round++) {
    before.forEach((predecessors, vertex) => {
      for (const one of predecessors) bits[vertex]! |= (1 << one) | bits[one]!;
    });
  }
  return bits;
}

const inSet = (vertex: number, set: number): boolean => ((set >> vertex) & 1) === 1;

/** The largest weight of all antichains. */
export function heaviestByBruteForce(
  before: readonly (readonly number[])[],
  weights: readonly number[],
): number {
  const above = ancestors(before);
  let most = 0;
  for (let set = 0; set < 1 << before.length; set++) {
    let weight = 0;
    for (let vertex = 0; vertex < before.length; vertex++) {
      if (!inSet(vertex, set)) continue;
      if ((above[vertex]! & set) !== 0) weight = -Infinity;
      weight += weights[vertex]!;
    }
    most = Math.max(most, weight);
  }
  return most;
}

export const isAntichain = (before: readonly (readonly number[])[], members: readonly number[]): boolean => {
  const above = ancestors(before);
  const set = members.reduce((bits, vertex) => bits | (1 << vertex), 0);
  return members.every(vertex => (above[vertex]! & set) === 0);
};
