/** The combinations of parameters that a pipeline task with a matrix fans out to. */
import type { Matrix, Param } from "../types";

type Combination = Record<string, string>;

const text = (value: Param["value"]): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Every combination with the values of one more parameter; the new parameter varies slowest. */
function distribute(combinations: Combination[], param: Param): Combination[] {
  const values = Array.isArray(param.value) ? param.value : [text(param.value)];
  return values.flatMap(value => combinations.map(combination => ({ ...combination, [param.name]: value })));
}

const agrees = (combination: Combination, include: Combination): boolean =>
  Object.entries(include).every(([name, value]) => !(name in combination) || combination[name] === value);

const sharesValue = (combination: Combination, include: Combination): boolean =>
  Object.entries(include).some(([name, value]) => combination[name] === value);

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
