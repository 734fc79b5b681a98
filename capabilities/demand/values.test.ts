import { describe, expect, it } from "@jest/globals";
import type { Param, ParamSpec, ParamValue } from "./pipeline-spec";
import { valuesOf } from "./values";

const declared = (defaults: Record<string, ParamValue>): ParamSpec[] =>
  Object.entries(defaults).map(([name, value]) => ({ name, default: value }));
const given = (values: Record<string, ParamValue>): Param[] =>
  Object.entries(values).map(([name, value]) => ({ name, value }));

describe("values of parameters", () => {
  it.each<{
    name: string;
    defaults: Record<string, ParamValue>;
    values?: Record<string, ParamValue>;
    expected: Record<string, ParamValue>;
  }>([
    {
      name: "what is given, not the default",
      defaults: { a: "1" },
      values: { a: "2" },
      expected: { a: "2" },
    },
    {
      name: "an object given in part is not completed",
      defaults: { o: { a: "1", b: "2" } },
      values: { o: { a: "3" } },
      expected: { o: { a: "3" } },
    },
    {
      name: "a default that refers to others, in any order",
      defaults: { image: "$(params.registry)/$(params.name)", registry: "$(params.host)/x", host: "h" },
      values: { name: "n" },
      expected: { image: "h/x/n", registry: "h/x", host: "h", name: "n" },
    },
    {
      name: "strings in the items of arrays and objects",
      defaults: { list: ["$(params.a)", "x$(params.a)"], o: { k: "$(params.a)" } },
      values: { a: "1" },
      expected: { list: ["1", "x1"], o: { k: "1" }, a: "1" },
    },
    {
      name: "what is given is not looked through",
      defaults: {},
      values: { a: "$(params.b)", b: "1" },
      expected: { a: "$(params.b)", b: "1" },
    },
  ])("$name", ({ defaults, values = {}, expected }) => {
    const { byName } = valuesOf(declared(defaults), given(values));
    expect(Object.fromEntries(byName)).toEqual(expected);
  });

  it("that refer to each other in a circle, or to very many others, come to an end", () => {
    const long = Object.fromEntries(
      Array.from({ length: 5000 }, (_, at) => [`p${at}`, `$(params.p${at + 1})`]),
    );
    const circle = { a: "$(params.b)", b: "$(params.a)" };
    expect(valuesOf(declared({ ...long, ...circle }), []).byName.size).toBe(5002);
  });
});
