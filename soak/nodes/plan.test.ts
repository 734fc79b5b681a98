import { expect, test } from "@jest/globals";
import { NODE_EVENTS, nodePlan } from "./plan";

const options = { seed: 1, minutes: 3, runs: 100 };
const plan = nodePlan(options);

test("the same seed gives the same plan, another one another", () => {
  expect(nodePlan(options)).toEqual(plan);
  expect(nodePlan({ ...options, seed: 2 })).not.toEqual(plan);
});

test("something befalls a node every two seconds, and everything that can does", () => {
  expect(plan.events.map(({ at }) => at)).toEqual(
    Array.from({ length: 90 }, (_, index) => (index + 1) * 2000),
  );
  expect(new Set(plan.events.map(({ kind }) => kind))).toEqual(new Set(NODE_EVENTS));
});

test("all runs are created among events, and their tasks wait for earlier ones only", () => {
  expect(plan.runs).toHaveLength(100);
  for (const { at, tasks } of plan.runs) {
    expect(at).toBeLessThan(plan.end);
    for (const [index, { runAfter }] of tasks.entries()) {
      expect(tasks.slice(0, index).map(({ name }) => name)).toEqual(expect.arrayContaining(runAfter));
    }
  }
});
