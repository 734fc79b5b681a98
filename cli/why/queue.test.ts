import { expect, test } from "@jest/globals";
import { aRun, type RunBuilder } from "../../capabilities/testing/builders";
import type { PipelineRun } from "../../capabilities/tekton/objects";
import { queueOf } from "./queue";

const named = (name: string, seconds: number, run: RunBuilder = aRun().held()): PipelineRun => {
  run.created(new Date(seconds * 1000)).run.metadata!.name = name;
  return run.run;
};

test("those that have been held for longer come before it", () => {
  const run = named("mine", 5);
  const queue = queueOf(run, [named("b", 4), run, named("a", 1), named("later", 9)], "cluster");
  expect(queue).toEqual({ position: 3, length: 4, ahead: ["ci/a", "ci/b"], within: "cluster" });
});

test("of the same second, by name", () => {
  expect(queueOf(named("b", 1), [named("a", 1), named("c", 1)], "namespace")).toMatchObject({ position: 2 });
});

test("a hold that was taken over counts from then on", () => {
  const late = aRun().held().annotation("pod-affinity.tekton.dev/held-since", "1970-01-01T00:01:00Z");
  expect(queueOf(named("mine", 5), [named("older", 1, late)], "cluster")).toMatchObject({
    position: 1,
    length: 2,
  });
});

test.each([
  ["placed", aRun().placed()],
  ["withdrawn", aRun().optedIn("false").pending().label("pod-affinity.tekton.dev/held", "true")],
  ["held by another gate", aRun().optedIn().pending()],
])("a run that is %s is not in it", (_, other) => {
  expect(queueOf(named("mine", 5), [named("other", 1, other)], "cluster")).toMatchObject({ length: 1 });
  expect(queueOf(named("other", 1, other), [], "cluster")).toBeUndefined();
});
