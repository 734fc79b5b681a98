import { describe, expect, it } from "@jest/globals";
import { containerDefaultsFrom } from "./container-defaults";
import { limitRangeRules } from "./limit-ranges";
import type { TaskSpec } from "./pipeline-spec";
import { podDemand } from "./pod-demand";
import { toQuantities } from "./resources";

const cpu = (amount: string) => ({ requests: { cpu: amount } });

describe("Tekton's defaults for containers", () => {
  it.each<{ name: string; defaults: unknown; task: TaskSpec; expected: Record<string, string> }>([
    { name: "none", defaults: null, task: { steps: [{}] }, expected: {} },
    { name: "otherwise", defaults: { default: cpu("1") }, task: { steps: [{}, {}] }, expected: { cpu: "2" } },
    {
      name: "not for a container that asks for anything",
      defaults: { default: cpu("1"), prepare: cpu("10m") },
      task: { steps: [{ computeResources: { limits: { memory: "1Gi" } } }] },
      expected: { cpu: "10m", memory: "1Gi" },
    },
    {
      name: "by name before prefix, by prefix before otherwise",
      defaults: { "step-a": cpu("1"), "prefix-step": cpu("2"), default: cpu("4") },
      task: { steps: [{ name: "a" }, { name: "b" }], sidecars: [{ name: "c" }] },
      expected: { cpu: "7" },
    },
    {
      name: "for a step without a name",
      defaults: { "step-unnamed-1": cpu("3") },
      task: { steps: [{}, {}] },
      expected: { cpu: "3" },
    },
    {
      name: "for an init container that is more than all others",
      defaults: { "place-scripts": cpu("5"), default: cpu("1") },
      task: { steps: [{ script: "x" }] },
      expected: { cpu: "5" },
    },
    {
      name: "not for an init container that is not there",
      defaults: { "place-scripts": cpu("5"), "working-dir-initializer": cpu("5"), default: cpu("1") },
      task: { steps: [{ workingDir: "/tmp" }] },
      expected: { cpu: "1" },
    },
    {
      name: "for the one that makes working directories, also a template's",
      defaults: { "working-dir-initializer": cpu("5") },
      task: { stepTemplate: { workingDir: "source" }, steps: [{}] },
      expected: { cpu: "5" },
    },
    {
      name: "limits only are requests too",
      defaults: { default: { limits: { cpu: "2" } } },
      task: { steps: [{}] },
      expected: { cpu: "2" },
    },
  ])("$name", ({ defaults, task, expected }) => {
    const rules = { limitRanges: limitRangeRules([]), containerDefaults: containerDefaultsFrom(defaults) };
    expect(toQuantities(podDemand(task, undefined, rules).requests)).toEqual(expected);
  });
});
