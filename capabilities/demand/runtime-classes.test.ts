import { expect, it } from "@jest/globals";
import type { PlannedRun } from "./pipeline-spec";
import { runtimeClassesOf } from "./runtime-classes";

const ofTask = (runtimeClassName: string) => ({ podTemplate: { runtimeClassName } });

it.each<{ name: string; spec: PlannedRun["spec"]; expected: string[] }>([
  { name: "none", spec: {}, expected: [] },
  { name: "the run's", spec: { taskRunTemplate: ofTask("kata") }, expected: ["kata"] },
  { name: "the run's in v1beta1", spec: { podTemplate: { runtimeClassName: "kata" } }, expected: ["kata"] },
  {
    name: "each task's, once",
    spec: { taskRunTemplate: ofTask("kata"), taskRunSpecs: [ofTask("gvisor"), {}, ofTask("kata")] },
    expected: ["kata", "gvisor"],
  },
  {
    name: "no more than are read for one run",
    spec: { taskRunSpecs: Array.from({ length: 10_000 }, (_, at) => ofTask(`c${at}`)) },
    expected: Array.from({ length: 20 }, (_, at) => `c${at}`),
  },
])("runtime classes of a run: $name", ({ spec, expected }) => {
  expect(runtimeClassesOf({ spec })).toEqual(expected);
});
