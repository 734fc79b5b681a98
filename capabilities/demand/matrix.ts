/** How many pods at once a pipeline task with a matrix becomes. Source: Tekton's matrix_types.go, CountCombinations. */
import { MOST_COMBINATIONS, MOST_PODS } from "./limits";
import { inText, itemCount, itemsOf, type Values } from "./params";
import type { Matrix, Param } from "./pipeline-spec";
import { objectOf, objectsOf, writtenOf } from "./untrusted";

export interface FanOut {
  count: number;
  /** An array comes from another task's result; it counts as one item. */
  isGuess: boolean;
  /** Combinations, if there are more than Tekton allows; `count` is then what it allows. */
  tooMany?: number;
}

/** Combinations that the entries of `include` add: those with a value that no array of the matrix has. */
function addedByInclude(matrix: Matrix, params: Param[], values: Values): number {
  const byName = new Map(params.map(({ name, value }) => [name, value]));
  const arrays = new Map<string | undefined, ReadonlySet<string> | undefined>();
  const itemsNamed = (name: string | undefined): ReadonlySet<string> | undefined => {
    if (!arrays.has(name)) {
      const items = byName.has(name) ? itemsOf(byName.get(name), values) : undefined;
      arrays.set(name, items && new Set(items));
    }
    return arrays.get(name);
  };
  let added = 0;
  for (const entry of objectsOf(matrix.include)) {
    for (const { name, value } of objectsOf(entry.params)) {
      const items = itemsNamed(name);
      if (items === undefined) continue;
      if (items.has(inText(writtenOf(value), values))) break;
      added++;
    }
  }
  return added;
}

function bounded(count: number, isGuess: boolean, most: number): FanOut {
  return count > most ? { count: most, isGuess, tooMany: count } : { count, isGuess };
}

/**
 * An array without items makes Tekton skip the task: no pods at all. The arrays are counted, and none is built before
 * it is known that there are not too many combinations.
 *
 * @param most combinations that Tekton allows
 */
export function fanOutOf(matrix: Matrix | undefined, values: Values, most = MOST_COMBINATIONS): FanOut {
  const params = objectsOf(objectOf(matrix)?.params);
  const include = objectsOf(objectOf(matrix)?.include);
  if (matrix === undefined || params.length + include.length === 0) return { count: 1, isGuess: false };
  if (params.length === 0) return bounded(include.length, false, most);
  let product = 1;
  let isGuess = false;
  for (const { value } of params) {
    const count = itemCount(value, values);
    if (count === undefined) isGuess = true;
    product = Math.min(product * (count ?? 1), MOST_PODS);
  }
  if (product === 0) return { count: 0, isGuess: false };
  if (product > most) return bounded(product, isGuess, most);
  return bounded(product + addedByInclude(matrix, params, values), isGuess, most);
}
