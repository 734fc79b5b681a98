/** The combinations of parameters that a pipeline task with a matrix fans out to. */
import type { Matrix, Param } from "../types";

type Combination = Record<string, string>;

const text = (value: Param["value"]): string => (typeof value === "string" ? value : JSON.stringify(value));

const valuesOf = ({ value }: Param): string[] => (Array.isArray(value) ? value : [text(value)]);

/** Every combination with the values of one more parameter; the new parameter varies slowest. */
function distribute(combinations: Combination[], param: Param): Combination[] {
  return valuesOf(param).flatMap(value =>
    combinations.map(combination => ({ ...combination, [param.name]: value })),
  );
}

const agrees = (combination: Combination, include: Combination): boolean =>
  Object.entries(include).every(([name, value]) => !(name in combination) || combination[name] === value);

const sharesValue = (combination: Combination, include: Combination): boolean =>
  Object.entries(include).some(([name, value]) => combination[name] === value);

/** Values in one entry of `include` that no list of the matrix has, up to the first that its list has. */
function newValues(include: Param[], lists: Map<string, string[]>): number {
  const listed = include.filter(({ name }) => lists.has(name));
  const known = listed.findIndex(({ name, value }) => lists.get(name)!.includes(text(value)));
  return known < 0 ? listed.length : known;
}

/**
 * How many objects the matrix becomes: CountCombinations of Tekton. Where one entry of `include` has several new values
 * that is more than there are combinations, and the last ones have no parameters.
 */
export function combinationCount({ params = [], include = [] }: Matrix): number {
  if (params.length === 0) return include.length;
  const lists = new Map(params.map(param => [param.name, valuesOf(param)]));
  const product = params.reduce((count, param) => count * valuesOf(param).length, 1);
  return include.reduce((count, entry) => count + newValues(entry.params ?? [], lists), product);
}

/** The parameters of each combination, sorted by name. Follows Matrix.FanOut of Tekton, order included. */
export function fanOut(matrix: Matrix): Param[][] {
  const includes = (matrix.include ?? []).map(include =>
    Object.fromEntries((include.params ?? []).map(param => [param.name, text(param.value)])),
  );
  let combinations: Combination[] = [];
  if (matrix.params?.length) {
    combinations = matrix.params.reduce(distribute, [{}]);
    for (const combination of combinations) {
      for (const include of includes) if (agrees(combination, include)) Object.assign(combination, include);
    }
  }
  for (const include of includes) {
    const isNew = Object.keys(include).length > 0 && !combinations.some(item => sharesValue(item, include));
    if (isNew || !matrix.params?.length) combinations.push(include);
  }
  return combinations.map(combination =>
    Object.keys(combination)
      .sort()
      .map(name => ({ name, value: combination[name]! })),
  );
}
