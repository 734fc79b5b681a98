import { describe, expect, test } from "@jest/globals";
import { chooseRun, ManifestError, parseManifest } from "./manifest";

const run = (name: string): string =>
  `apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: ${name}}\nspec: {}\n`;
const namesOf = (text: string) => parseManifest(text).map(({ metadata }) => metadata.name);

describe("the objects of a text", () => {
  test.each([
    ["several documents, some empty", `---\n${run("a")}---\n# nothing\n---\n${run("b")}`, ["a", "b"]],
    ["a List", `apiVersion: v1\nkind: List\nitems: [${JSON.stringify(parseManifest(run("a"))[0])}]`, ["a"]],
    ["JSON", JSON.stringify(parseManifest(run("a"))[0]), ["a"]],
    ["none", "", []],
    ["no metadata", "apiVersion: v1\nkind: Pod", [undefined]],
  ])("%s", (_, text, names) => {
    expect(namesOf(text)).toEqual(names);
  });

  test.each([
    ["a: [", /^it is not YAML: .* line 1/],
    ["a: *b", /^(it|document 1) is not YAML: .*alias/],
    ["text", /^document 1 is "text", and must be an object$/],
    [`${run("a")}---\n- 1`, /^document 2 is \[1\], and must be an object$/],
    ["kind: Pod", /^document 1: apiVersion is undefined, and must be a text$/],
    ["apiVersion: v1\nkind: Pod\nmetadata: [1]", /^document 1 \(Pod\): metadata is \[1\], and must be/],
    ["apiVersion: v1\nkind: Pod\nmetadata: {name: 7}", /metadata.name is 7, and must be a text: .* as "7"$/],
    [
      "apiVersion: v1\nkind: Pod\nmetadata: {labels: {tekton.dev/custom-pod-affinity: true}}",
      /metadata.labels\["tekton.dev\/custom-pod-affinity"\] is true, and must be a text: .* as "true"$/,
    ],
    [
      "apiVersion: v1\nkind: Pod\nmetadata: {annotations: yes}",
      /metadata.annotations is "yes", and must map/,
    ],
    ["apiVersion: v1\nkind: List\nitems: [{}]", /^document 1, item 1: apiVersion is undefined/],
  ])("%j is refused", (text, message) => {
    expect(() => parseManifest(text)).toThrow(ManifestError);
    expect(() => parseManifest(text)).toThrow(message);
  });

  test("aliases that would fill the memory are refused", () => {
    const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(9)}]`);
    expect(() => parseManifest(["l0: &l0 [x]", ...levels].join("\n"))).toThrow(/^document 1 is not YAML/);
  });
});

describe("the run that is looked at", () => {
  const two = parseManifest(`${run("a")}---\n${run("b")}`);

  test("by name, where there are several", () => {
    expect(chooseRun(two, "b").metadata.name).toBe("b");
  });

  test.each([
    ["none", parseManifest("apiVersion: v1\nkind: Pod"), undefined, /^it holds no PipelineRun of tekton.dev/],
    ["another group's", parseManifest("apiVersion: x/v1\nkind: PipelineRun"), undefined, /^it holds no Pipe/],
    ["two", two, undefined, /^it holds 2 PipelineRuns \(a, b\); choose one with --run NAME$/],
    ["no such", two, "c", /^--run is "c", and must be the name of just one of .* \(a, b\)$/],
  ])("%s is refused", (_, objects, name, message) => {
    expect(() => chooseRun(objects, name)).toThrow(message);
  });
});
