import { expect, test } from "@jest/globals";
import { figuresTable, shrinkTimes, type SeenRun } from "./kubelet-figures";

const size = (at: number, asked: string, inForce: string | undefined) => ({ at, asked, inForce });

test.each([
  {
    name: "each shrink counts from when it is asked for until it is in force",
    sizes: [
      size(0, "1", "1"),
      size(10, "500m", "1"),
      size(60, "500m", "500m"),
      size(100, "10m", "500m"),
      size(130, "10m", "10m"),
    ],
    expected: [50, 30],
  },
  {
    name: "a growth does not count",
    sizes: [size(0, "500m", "500m"), size(10, "1", "500m"), size(40, "1", "1")],
    expected: [],
  },
  {
    name: "one that was asked for anew before it was in force does not count",
    sizes: [size(0, "1", "1"), size(10, "500m", "1"), size(20, "100m", "1"), size(70, "100m", "100m")],
    expected: [50],
  },
  {
    name: "in force before the container runs is not known",
    sizes: [size(0, "1", undefined), size(10, "500m", undefined), size(90, "500m", "500m")],
    expected: [80],
  },
])("$name", ({ sizes, expected }) => {
  expect(shrinkTimes(sizes)).toEqual(expected);
});

test("the table has p50 and p90 of each kind, and nothing where there was nothing to measure", () => {
  const pod = { task: "a", created: 110, bound: 130, running: 700, ended: 1700 };
  const next = { task: "b", created: 900, bound: 1705, running: 2000, ended: 3000 };
  const run: SeenRun = { created: 100, ended: 3100, pods: [pod, next], sizes: [], timeline: "" };
  const lines = figuresTable(new Map([["not opted in", [run, { ...run, created: 90 }]]])).split("\n");
  expect(lines.map(line => line.split("|")[2]!.trim())).toEqual([
    "not opted in",
    expect.stringMatching(/^-+$/),
    "30 / 40",
    "600 / 610",
    "20 / 805",
    "5 / 20",
    "3000 / 3010",
    "",
  ]);
});
