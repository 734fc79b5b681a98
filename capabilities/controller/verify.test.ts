import { expect, test } from "@jest/globals";
import { aRun } from "../testing/builders";
import { problemWith } from "./verify";

test("a run that admission has held is as it should be", () => {
  expect(problemWith(aRun().held().run, "default")).toBeUndefined();
});

test.each([
  ["untouched", aRun().optedIn().run],
  ["held by somebody else", aRun().optedIn().spec({ status: "PipelineRunPending" }).run],
])("one that is %s was not seen by admission, and where is said", (_, run) => {
  expect(problemWith(run, "builds")).toMatch(/not held in the namespace builds.*excludedNamespaces/);
});
