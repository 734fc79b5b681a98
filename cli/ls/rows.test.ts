import { expect, test } from "@jest/globals";
import { aRun, placeholderOf, placeholderPodOf, unschedulable } from "../../capabilities/testing/builders";
import type { PipelineRun } from "../../capabilities/tekton/objects";
import { cellsOf, LS_HEAD, rowsOf, type Listed } from "./rows";

const CREATED = new Date("2026-01-01T00:00:00Z");
const NOW = new Date("2026-01-01T00:01:00Z");
const listed = (runs: PipelineRun[], more: Partial<Listed> = {}): Listed => ({
  runs,
  statefulSets: [],
  pods: [],
  taskRuns: [],
  events: new Map(),
  held: runs,
  within: "cluster",
  isPartial: false,
  ...more,
});
const held = aRun().held().created(CREATED).run;
const placeholder = (run: PipelineRun) => {
  const made = placeholderOf(run);
  return { ...made, metadata: { ...made.metadata, namespace: "ci" } };
};

test("a held run, with its place in the queue and what it waits for", () => {
  const pods = [unschedulable(placeholderPodOf(held), "0/1 nodes are available: 1 Insufficient cpu.")];
  const [row] = rowsOf(listed([held], { statefulSets: [placeholder(held)], pods }), NOW, false);
  expect(row).toMatchObject({
    namespace: "ci",
    name: "build",
    state: "held",
    queue: { position: 1, length: 1 },
  });
  expect(row!.waitsFor).toMatch(/^a node \(1 has too little cpu free\)/);
});

test("a placed run, with its node", () => {
  const run = aRun().placed().created(CREATED).run;
  const pods = [placeholderPodOf(run, "node-1")];
  const [row] = rowsOf(listed([run], { statefulSets: [placeholder(run)], pods }), NOW, false);
  expect(row).toEqual({ namespace: "ci", name: "build", state: "running", node: "node-1", created: CREATED });
});

test("runs that have ended, and children, only where they are asked for, or not at all", () => {
  const runs = [aRun().placed().ended().run, aRun().placed().child().run];
  expect(rowsOf(listed(runs), NOW, false)).toEqual([]);
  expect(rowsOf(listed(runs), NOW, true)).toMatchObject([{ state: "succeeded" }]);
});

test("oldest first", () => {
  const young = aRun().held().created(NOW).run;
  expect(rowsOf(listed([young, held]), NOW, false).map(({ created }) => created)).toEqual([CREATED, NOW]);
});

test("a cell for each column", () => {
  for (const row of rowsOf(listed([held]), NOW, false))
    expect(cellsOf(row, NOW)).toHaveLength(LS_HEAD.length);
});
