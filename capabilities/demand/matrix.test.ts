import { describe, expect, it } from "@jest/globals";
import { Allowance } from "./allowance";
import { fanOutOf } from "./matrix";
import type { Values } from "./params";
import type { Matrix, Param } from "./pipeline-spec";

const byName = new Map<string, string | string[] | Record<string, string>>([
  ["platforms", ["linux", "mac", "windows"]],
  ["none", []],
  ["browser", "chrome"],
  ["image", { os: "linux" }],
  ["a.b", ["x", "y"]],
]);
const values: Values = { byName, allowance: new Allowance() };
const params = (...list: Param["value"][]): Param[] =>
  list.map((value, i) => ({ name: `p${i}`, value: value! }));
const include = (...list: Record<string, string>[]): Matrix["include"] =>
  list.map(item => ({ params: Object.entries(item).map(([name, value]) => ({ name, value })) }));

describe("the number of pods of a matrix", () => {
  it.each<[string, Matrix | undefined, number]>([
    ["none", undefined, 1],
    ["an empty one", {}, 1],
    ["one array", { params: params(["a", "b"]) }, 2],
    ["a product", { params: params(["a", "b", "c"], ["x", "y"]) }, 6],
    ["an array without items: Tekton skips the task", { params: params(["a"], []) }, 0],
    ["a whole array", { params: params("$(params.platforms[*])") }, 3],
    // Source: Tekton's param_types.go, ApplyArrayReplacements: with [*] and without it.
    ["a whole array without [*]", { params: params("$(params.platforms)") }, 3],
    ["a whole array without [*], as one item of a list", { params: params(["$(params.platforms)"]) }, 3],
    ["one item of an array, by its number", { params: params(["$(params.platforms[1])"]) }, 1],
    ["a whole array, in brackets", { params: params('$(params["platforms"][*])') }, 3],
    ["a whole array whose name has a dot", { params: params("$(params['a.b'][*])") }, 2],
    ["a whole array without items", { params: params("$(params.none[*])") }, 0],
    ["whole arrays among other items", { params: params(["bsd", "$(params.platforms[*])"]) }, 4],
    ["a string among the items", { params: params(["$(params.browser)", "x"]) }, 2],
    ["a result among the items", { params: params(["$(tasks.a.results.b)", "x"]) }, 2],
    ["include alone", { include: include({ a: "1" }, { a: "2" }, {}) }, 3],
    ["include of a new value", { params: params(["a"]), include: include({ p0: "b" }) }, 2],
    ["include of a value that is there", { params: params(["a"]), include: include({ p0: "a" }) }, 1],
    [
      "include of two new values in one entry",
      { params: params(["a"]), include: include({ p0: "b", p1: "c" }) },
      2,
    ],
    ["include of another name", { params: params(["a"]), include: include({ flag: "on" }) }, 1],
    [
      "include of a value that a parameter has",
      { params: params("$(params.platforms[*])"), include: include({ p0: "$(params.image.os)" }) },
      3,
    ],
    [
      "include of a new value that a parameter has",
      { params: params("$(params.platforms[*])"), include: include({ p0: "$(params.browser)" }) },
      4,
    ],
  ])("%s", (_, matrix, count) => {
    expect(fanOutOf(matrix, values)).toEqual({ count, isGuess: false });
  });

  it.each<[string, Matrix, number]>([
    ["another task's result", { params: params("$(tasks.list.results.files[*])", ["a", "b"]) }, 2],
    ["another task's result among items", { params: params(["a", "$(tasks.list.results.files[*])"]) }, 1],
    ["a parameter that is not declared", { params: params("$(params.nowhere[*])") }, 1],
    ["no value", { params: [{ name: "p" }] }, 1],
  ])("an array that cannot be known counts as one item: %s", (_, matrix, count) => {
    expect(fanOutOf(matrix, values)).toEqual({ count, isGuess: true });
  });

  it("is what Tekton allows at most, however many arrays there are", () => {
    const array = Array.from({ length: 100 }, (_, index) => String(index));
    const many = { params: params(...Array.from({ length: 500 }, () => array)) };
    expect(fanOutOf(many, values)).toEqual({ count: 256, isGuess: false, tooMany: 1_000_000 });
    expect(fanOutOf({ params: params(array, array) }, values, 500)).toEqual({
      count: 500,
      isGuess: false,
      tooMany: 10_000,
    });
  });

  it.each([7, "x", [], { params: "x" }, { params: [null, 3], include: [4] }])("reads %j as none", matrix => {
    expect(fanOutOf(matrix as Matrix, values)).toEqual({ count: 1, isGuess: false });
  });
});
