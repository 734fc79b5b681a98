import { expect, test } from "@jest/globals";
import { valuesOf } from "../../demand/values";
import type { Matrix } from "../../demand/pipeline-spec";
import { combinationsOf } from "./matrix-params";

const VALUES = valuesOf([{ name: "archs", default: ["amd64", "arm64"] }], []);
const inWords = (matrix: Matrix | undefined): string[] =>
  combinationsOf(matrix, VALUES).map(params => params.map(({ name, value }) => `${name}=${value}`).join(" "));
const param = (name: string, value: string) => ({ name, value });

test.each<{ name: string; matrix: Matrix | undefined; expected: string[] }>([
  { name: "no matrix", matrix: undefined, expected: [""] },
  { name: "an array", matrix: { params: [{ name: "a", value: ["1", "2"] }] }, expected: ["a=1", "a=2"] },
  {
    name: "two arrays",
    matrix: {
      params: [
        { name: "a", value: ["1", "2"] },
        { name: "b", value: ["x", "y"] },
      ],
    },
    expected: ["a=1 b=x", "a=2 b=x", "a=1 b=y", "a=2 b=y"],
  },
  {
    name: "an array of the pipeline's params",
    matrix: { params: [{ name: "a", value: ["$(params.archs[*])", "s390x"] }] },
    expected: ["a=amd64", "a=arm64", "a=s390x"],
  },
  {
    name: "another task's result",
    matrix: { params: [{ name: "a", value: "$(tasks.x.results.y[*])" }] },
    expected: ["a=$(a)"],
  },
  {
    name: "include alone",
    matrix: { include: [{ params: [param("a", "1")] }, { params: [param("b", "2")] }] },
    expected: ["a=1", "b=2"],
  },
  {
    name: "include that adds to a combination",
    matrix: {
      params: [{ name: "a", value: ["1", "2"] }],
      include: [{ params: [param("a", "1"), param("b", "x")] }],
    },
    expected: ["a=1 b=x", "a=2"],
  },
  {
    name: "include with a new value",
    matrix: { params: [{ name: "a", value: ["1", "2"] }], include: [{ params: [param("a", "3")] }] },
    expected: ["a=1", "a=2", "a=3"],
  },
  // Recorded: Tekton makes two TaskRuns, the second without params.
  {
    name: "include with two new values",
    matrix: {
      params: [
        { name: "a", value: ["1"] },
        { name: "b", value: ["x"] },
      ],
      include: [{ params: [param("a", "3"), param("b", "z")] }],
    },
    expected: ["a=1 b=x", "a=3 b=z", ""],
  },
  {
    name: "an include over what another has put in counts as what is there",
    matrix: {
      params: [{ name: "a", value: ["1"] }],
      include: [
        { params: [param("a", "1"), param("b", "x")] },
        { params: [param("b", "y"), param("c", "z")] },
      ],
    },
    expected: ["a=1 b=x"],
  },
  {
    name: "an include without a name of the matrix makes no combination more",
    matrix: {
      params: [{ name: "a", value: ["1", "2"] }],
      include: [{ params: [param("b", "x")] }, { params: [param("b", "y")] }],
    },
    expected: ["a=1 b=x", "a=2 b=x"],
  },
])("$name", ({ matrix, expected }) => {
  expect(inWords(matrix)).toEqual(expected);
});
