import { expect, test } from "@jest/globals";
import { aRun, observed } from "../testing/builders";
import type { PipelineRun } from "../tekton/objects";
import { ownOf } from "./lineage";

const { run } = aRun().placed();
const child = (uid: string, owner: string): PipelineRun => ({
  metadata: {
    name: uid,
    uid,
    ownerReferences: [
      { apiVersion: "tekton.dev/v1", kind: "PipelineRun", name: "x", uid: owner, controller: true },
    ],
  },
});

test("children at any depth are the run's own, in whatever order they come; those of another run are not", () => {
  const root = run.metadata!.uid!;
  const children = [child("c", "b"), child("z", "y"), child("b", "a"), child("a", root)];
  const own = ownOf(run, observed(run, { children })).children;
  expect(own.map(({ metadata }) => metadata!.uid)).toEqual(["c", "b", "a"]);
});

test("a chain of 5,000 children, the last one first, takes no time", () => {
  const root = run.metadata!.uid!;
  const children = Array.from({ length: 5000 }, (_, at) => child(`u${at}`, at === 0 ? root : `u${at - 1}`));
  const start = process.cpuUsage();
  expect(ownOf(run, observed(run, { children: children.toReversed() })).children).toHaveLength(5000);
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1000).toBeLessThan(300);
});
