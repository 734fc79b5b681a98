/** How many pods at once a pipeline task with a matrix becomes. Source: Tekton's matrix_types.go, CountCombinations. */
import { inText, itemsOf, type Values } from "./params";
import type { Matrix } from "./pipeline-spec";
import { objectOf, objectsOf } from "./untrusted";

export interface FanOut {
  count: number;
  /** An array comes from another task's result; it counts as one item. */
  isGuess: boolean;
}

/** More than any Tekton allows (its default is 256), and few enough to reckon with. */
const MOST_COMBINATIONS = 1_000_000;

/** Combinations that the entries of `include` add: those with a value that no array of the matrix has. */
function addedByInclude(matrix: Matrix, arrays: ReadonlyMap<string, string[]>, values: Values): number {
  let added = 0;
  for (const { params } of objectsOf(matrix.include)) {
    for (const { name, value } of objectsOf(params)) {
      const items = arrays.get(String(name));
      if (items === undefined) continue;
      if (items.includes(inText(String(value), values))) break;
      added++;
    }
  }
  return added;
}

/** An array without items makes Tekton skip the task: no pods at all. */
export function fanOutOf(matrix: Matrix | undefined, values: Values): FanOut {
  const params = objectsOf(objectOf(matrix)?.params);
  const include = objectsOf(objectOf(matrix)?.include);
  if (matrix === undefined || params.length + include.length === 0) return { count: 1, isGuess: false };
  if (params.length === 0) return { count: include.length, isGuess: false };
  const arrays = new Map<string, string[]>();
  let product = 1;
  let isGuess = false;
  for (const { name, value } of params) {
    const items = itemsOf(value, values);
    if (items === undefined) isGuess = true;
    else arrays.set(String(name), items);
    product = Math.min(product * (items?.length ?? 1), MOST_COMBINATIONS);
  }
  if (product === 0) return { count: 0, isGuess: false };
  return { count: product + addedByInclude(matrix, arrays, values), isGuess };
}
