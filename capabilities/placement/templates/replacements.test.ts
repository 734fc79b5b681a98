import { expect, test } from "@jest/globals";
import { referencesIn, replacedIn, replacementsOf } from "./replacements";

const REPLACEMENTS = replacementsOf(
  [
    { name: "os", default: "linux" },
    { name: "arch", default: "amd64" },
    { name: "pool", default: "$(params.os)-pool" },
    { name: "lost", default: "$(params.nowhere)" },
    { name: "zones", default: ["a", "b"] },
    { name: "node", default: { disk: "hdd", size: "small" } },
    { name: "declared" },
  ],
  [
    { name: "arch", value: "arm64" },
    { name: "node", value: { disk: "ssd" } },
    { name: "dotted.name", value: "yes" },
    { name: "twice", value: "$(params.os)" },
  ],
);

test.each([
  { text: "$(params.os)", expected: "linux" },
  { text: "x-$(params.arch)-y", expected: "x-arm64-y" },
  { text: `$(params["arch"]) $(params['arch']) $(inputs.params.arch)`, expected: "arm64 arm64 arm64" },
  { text: "$(params.zones[1])", expected: "b" },
  { text: "$(params.zones[2])", expected: "$(params.zones[2])" },
  { text: "$(params.zones)", expected: "$(params.zones)" },
  { text: "$(params.zones[*])", expected: "$(params.zones[*])" },
  { text: "$(params.node.disk)", expected: "ssd" },
  // An object that is given leaves keys of the default as they are.
  { text: "$(params.node.size)", expected: "small" },
  { text: `$(params["dotted.name"])`, expected: "yes" },
  { text: "$(params.pool)", expected: "linux-pool" },
  { text: "$(params.lost)", expected: "$(params.lost)" },
  { text: "$(params.declared)", expected: "$(params.declared)" },
  // One pass: what a value refers to is not put in.
  { text: "$(params.twice)", expected: "$(params.os)" },
  // Tekton puts no context into a pod template.
  { text: "$(context.pipelineRun.name)", expected: "$(context.pipelineRun.name)" },
])("$text is $expected", ({ text, expected }) => {
  expect(replacedIn({ nodeSelector: { a: text } }, REPLACEMENTS)).toEqual({ nodeSelector: { a: expected } });
});

test("keys are replaced as well, in lists and maps", () => {
  const template = { tolerations: [{ key: "$(params.os)" }], nodeSelector: { "$(params.arch)": "x" } };
  expect(replacedIn(template, REPLACEMENTS)).toEqual({
    tolerations: [{ key: "linux" }],
    nodeSelector: { arm64: "x" },
  });
  expect(referencesIn(template)).toEqual(["params.os", "params.arch"]);
});
