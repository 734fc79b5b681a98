import { describe, expect, it } from "@jest/globals";
import { asking, graphOf, known, runOf } from "../testing/definitions";
import type { PipelineRun } from "../tekton/objects";
import { peakDemand } from "./peak";
import { toQuantities } from "./resources";
import { missingDefinitions } from "./task-graph";

describe("what nobody has checked", () => {
  it("a quantity that does not parse counts as unknown, and is said", () => {
    const graph = graphOf(runOf({ tasks: [asking("a", "$(params.cpu)"), asking("b", "1")] }));
    expect(graph.notes).toEqual([
      'Not a quantity that Kubernetes takes, each task counted as cpu=100m: a (cpu: "$(params.cpu)").',
    ]);
    expect(toQuantities(peakDemand(graph).peak)).toEqual({ cpu: "1100m" });
  });

  it("a quantity of more than can be counted counts as unknown, and is said with its value", () => {
    const graph = graphOf(runOf({ tasks: [asking("a", "9Ei")] }));
    expect(graph.notes).toEqual([
      'More than is reckoned with, each task counted as cpu=100m: a (cpu: "9Ei").',
    ]);
  });

  it("a LimitRange that does not parse is left out, and is said", () => {
    const limitRanges = [{ spec: { limits: [{ type: "Container", min: { cpu: "x" } }] } }];
    const graph = graphOf(runOf({ tasks: [asking("a", "1")] }), known({}, {}, { limitRanges }));
    expect(graph.notes).toEqual([expect.stringContaining("LimitRanges are left out: cpu:")]);
    expect(toQuantities(peakDemand(graph).peak)).toEqual({ cpu: "1" });
  });

  it.each<unknown>([
    {},
    { spec: null },
    { spec: [], status: "x" },
    { spec: { pipelineSpec: "x", pipelineRef: 3 } },
    { spec: { pipelineSpec: { tasks: "x", finally: {}, params: 7 } } },
    { spec: { pipelineSpec: { tasks: [null, 3, "x", []] }, params: "x", taskRunSpecs: [null, 3] } },
    {
      spec: {
        pipelineSpec: {
          params: [{ name: 3, default: {} }],
          tasks: [{ name: "a", taskSpec: [], taskRef: 3, matrix: { params: [{ value: { a: 1 } }] } }],
        },
      },
    },
    { spec: { pipelineRef: { name: "__proto__" } }, status: { pipelineSpec: null } },
  ])("an odd shape does not make it throw: %j", run => {
    const graph = graphOf(run as PipelineRun);
    expect(peakDemand(graph).peak).toEqual(expect.any(Object));
    expect(missingDefinitions(run as PipelineRun, known())).toEqual(expect.any(Array));
  });
});
