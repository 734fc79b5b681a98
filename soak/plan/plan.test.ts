import { expect, test } from "@jest/globals";
import { makePlan } from "./plan";
import { RECORDED } from "./runs";

const options = { seed: 1, minutes: 10, runs: 600 };
const plan = makePlan(options);

test("the same seed gives the same plan, another one another", () => {
  expect(makePlan(options)).toEqual(plan);
  expect(makePlan({ ...options, seed: 2 })).not.toEqual(plan);
});

test("runs are created in namespaces that are there", () => {
  expect(plan.runs).toHaveLength(600);
  for (const { at, namespace } of plan.runs) {
    const { from, until } = plan.namespaces.find(({ name }) => name === namespace)!;
    expect(at >= from && at < until).toBe(true);
  }
});

test("everything that can happen does", () => {
  const shapes = new Set(plan.runs.map(({ shape }) => (typeof shape === "string" ? shape : "generated")));
  expect(shapes.size).toBe(RECORDED.length + 1);
  expect(new Set(plan.runs.map(({ fate }) => fate)).size).toBe(6);
  const kinds = plan.disturbances.map(one => (one.kind === "placeholder" ? one.how : one.kind));
  expect([...new Set(kinds)].sort()).toEqual([
    ...["add node", "cordon", "delete StatefulSet", "delete pod", "evict pod"],
    ...["kill all controllers", "kill controller", "preempt pod", "remove node"],
    ...["stop controller", "take Lease"],
  ]);
});

test.each([0.5, 1, 3, 10])(
  "a soak of %d minutes ends with a calm, and controllers live in calms",
  minutes => {
    const { phases, disturbances } = makePlan({ seed: 3, minutes, runs: 10 });
    expect(phases.at(-1)!.isCalm).toBe(true);
    const isCalmAt = (at: number) => phases.filter(phase => phase.at <= at).at(-1)!.isCalm;
    const controllers = disturbances.filter(({ kind }) => kind.includes("controller"));
    expect(controllers.length).toBeGreaterThan(0);
    for (const one of controllers) {
      expect(isCalmAt(one.at)).toBe(false);
      if ("milliseconds" in one) expect(isCalmAt(one.at + one.milliseconds - 1)).toBe(false);
    }
  },
);
