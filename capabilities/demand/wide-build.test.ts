/** A build for several platforms, whole: the widest moment is that of its matrix, or of the scans after it. */
import { describe, expect, test } from "@jest/globals";
import { aTask, graphOf, peakOf, runOf } from "../testing/definitions";
import { peakDemand } from "./peak";
import type { Matrix, PipelineTask, TaskSpec } from "./pipeline-spec";

const steps = (...requests: Record<string, string>[]): TaskSpec => ({
  steps: requests.map((each, index) => ({ name: `s${index}`, computeResources: { requests: each } })),
});
const unlessSkipped = [{ input: "$(params.skip-scans)", operator: "in", values: ["false"] }];
const scan = (number: number): PipelineTask => ({
  name: `scan-${number}`,
  runAfter: ["index"],
  when: unlessSkipped,
  taskSpec: aTask({ cpu: "400m", memory: "512Mi" }),
});

/** 17 tasks, of which `image` has the matrix. */
const tasks = (matrix: Matrix): PipelineTask[] => [
  { name: "setup", taskSpec: aTask({ cpu: "50m", memory: "64Mi" }) },
  { name: "fetch", runAfter: ["setup"], taskSpec: aTask({ cpu: "300m", memory: "256Mi" }) },
  { name: "deps", runAfter: ["fetch"], taskSpec: aTask({ cpu: "2", memory: "4Gi" }) },
  {
    name: "image",
    runAfter: ["deps"],
    matrix,
    taskSpec: steps({ cpu: "1", memory: "2Gi" }, { cpu: "500m", memory: "1Gi" }),
  },
  { name: "index", runAfter: ["image"], taskSpec: aTask({ cpu: "250m", memory: "512Mi" }) },
  ...[1, 2, 3, 4, 5, 6, 7, 8].map(scan),
  { name: "licence", runAfter: ["index"], taskSpec: aTask({ cpu: "400m", memory: "256Mi" }) },
  { name: "deep-scan", runAfter: ["licence"], taskSpec: aTask({ cpu: "800m", memory: "1Gi" }) },
  { name: "tags", runAfter: ["index"], taskSpec: aTask({ cpu: "100m", memory: "128Mi" }) },
];

const FOUR = ["p-one", "p-two", "p-three", "p-four"];
const wideBuild = (matrix: Matrix, platforms: string[], skipScans = "false") =>
  runOf(
    {
      params: [
        { name: "platforms", default: ["p-one"] },
        { name: "skip-scans", default: "false" },
      ],
      tasks: tasks(matrix),
      finally: [{ name: "report", taskSpec: aTask({ cpu: "100m", memory: "128Mi" }) }],
    },
    {
      params: [
        { name: "platforms", value: platforms },
        { name: "skip-scans", value: skipScans },
      ],
    },
  );
const over = (value: string | string[]): Matrix => ({ params: [{ name: "platform", value }] });

describe("a build of 17 tasks for four platforms", () => {
  test.each([
    { name: "the parameter by its name", matrix: over("$(params.platforms)") },
    { name: "by its name, as one item of a list", matrix: over(["$(params.platforms)"]) },
    { name: "with [*]", matrix: over("$(params.platforms[*])") },
    { name: "with [*], as one item of a list", matrix: over(["$(params.platforms[*])"]) },
    {
      name: "by include alone",
      matrix: { include: FOUR.map(value => ({ params: [{ name: "platform", value }] })) },
    },
  ])("counts four pods: $name", ({ matrix }) => {
    const graph = graphOf(wideBuild(matrix, FOUR));
    expect(graph.notes).toEqual([]);
    expect(graph.tasks.find(({ name }) => name === "image")).toMatchObject({ count: 4 });
    expect(peakOf(wideBuild(matrix, FOUR))).toEqual({ cpu: "6", memory: "12Gi" });
    expect(peakDemand(graph).tasks).toEqual({ cpu: ["image"], memory: ["image"] });
  });

  test("for one platform, its scans are wider than its matrix", () => {
    const run = wideBuild(over("$(params.platforms)"), ["p-one"]);
    expect(peakOf(run)).toEqual({ cpu: "4100m", memory: "5248Mi" });
  });

  test("without its scans, what is left of it counts", () => {
    const run = wideBuild(over("$(params.platforms)"), ["p-one"], "true");
    expect(peakOf(run)).toEqual({ cpu: "2", memory: "4Gi" });
  });
});
