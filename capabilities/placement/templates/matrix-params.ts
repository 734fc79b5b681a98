/** The params that each pod of a matrix gets. Source: FanOut in Tekton's pkg/apis/pipeline/v1/matrix_types.go. */
import { fanOutOf } from "../../demand/matrix";
import { inText, itemsOf, type Values } from "../../demand/params";
import type { Matrix, Param } from "../../demand/pipeline-spec";
import { objectOf, objectsOf } from "../../demand/untrusted";

type Combination = ReadonlyMap<string, string>;

/** Tekton makes 256 at most, unless it is told otherwise. */
export const MOST_COMBINATIONS = 1000;

function included(matrix: Matrix, values: Values): Map<string, string>[] {
  return objectsOf(matrix.include).map(
    ({ params }) =>
      new Map(
        objectsOf(params).map(({ name, value }) => [String(name), inText(String(value), values)] as const),
      ),
  );
}

/** An array that is not known in advance stands for one item, of which is known only that it is unknown. */
function multipliedOut(params: Param[], values: Values): Map<string, string>[] {
  let combinations: Map<string, string>[] = [new Map()];
  for (const { name, value } of params) {
    const items = itemsOf(value, values) ?? [`$(${String(name)})`];
    combinations = items
      .flatMap(item => combinations.map(combination => new Map(combination).set(String(name), item)))
      .slice(0, MOST_COMBINATIONS);
  }
  return combinations;
}

const agrees = (combination: Combination, include: Combination): boolean =>
  [...include].every(([name, value]) => !combination.has(name) || combination.get(name) === value);
const sharesOne = (combination: Combination, include: Combination): boolean =>
  [...include].some(([name, value]) => combination.get(name) === value);

/** One list of params for each TaskRun, up to MOST_COMBINATIONS; one empty list where there is no matrix. */
export function combinationsOf(matrix: Matrix | undefined, values: Values): Param[][] {
  const own = objectOf(matrix);
  const params = objectsOf(own?.params);
  const includes = own ? included(own, values) : [];
  if (own === undefined || params.length + includes.length === 0) return [[]];
  let combinations = includes;
  if (params.length > 0) {
    combinations = multipliedOut(params, values);
    for (const combination of combinations) {
      for (const include of includes) {
        // What an include before has put in counts already.
        if (!agrees(combination, include)) continue;
        for (const [name, value] of include) combination.set(name, value);
      }
    }
    for (const include of includes) {
      const isNew = include.size > 0 && !combinations.some(combination => sharesOne(combination, include));
      if (isNew) combinations.push(include);
    }
  }
  const lists = combinations.map(combination => [...combination].map(([name, value]) => ({ name, value })));
  // Tekton counts combinations in another way than it makes them (CountCombinations): an include with two new values
  // counts twice, and the TaskRun that is too many has no params of the matrix; one of other names counts as none.
  const { count } = fanOutOf(matrix, values);
  return count > lists.length && lists.length < MOST_COMBINATIONS ? [...lists, []] : lists.slice(0, count);
}
