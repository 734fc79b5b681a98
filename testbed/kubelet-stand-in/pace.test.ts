import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { milliseconds, Pace } from "./pace";
import { pod } from "./testing";

test("a kubelet takes 0.03 to 2 s in all, mostly little", () => {
  const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(draw, draw, (first, second) => {
      const all = milliseconds("answer", first) + milliseconds("actuate", second);
      expect(all).toBeGreaterThanOrEqual(30);
      expect(all).toBeLessThanOrEqual(2000);
    }),
  );
  expect(milliseconds("answer", 0.5)).toBeLessThan(60);
  expect(milliseconds("answer", 0.95)).toBeGreaterThan(700);
});

test("the same seed takes the same time for the same change, and another for the next one", () => {
  const wait = (seed: number, generation: number): number =>
    new Pace(seed, () => 0).until(pod("a", {}).generation(generation).pod, "answer");
  expect(wait(1, 2)).toBe(wait(1, 2));
  expect(wait(1, 3)).not.toBe(wait(1, 2));
  expect(wait(2, 2)).not.toBe(wait(1, 2));
});

test("a step is due when its time has passed since it was first seen, not since it was asked for last", () => {
  let now = 0;
  const pace = new Pace(1, () => now);
  const { pod: asking } = pod("a", {}).generation(2);
  const wait = pace.until(asking, "answer");
  expect(wait).toBeGreaterThan(0);
  now = wait / 2;
  expect(pace.until(asking, "answer")).toBeCloseTo(wait / 2);
  now = wait;
  expect(pace.until(asking, "answer")).toBe(0);
});

test("a change begins anew, and what is in progress is counted by the change that it is of", () => {
  let now = 0;
  const pace = new Pace(1, () => now);
  const { pod: asking } = pod("a", {}).generation(2).inProgress({});
  pace.until(asking, "answer");
  pace.until(asking, "actuate");
  now = 10_000;
  asking.metadata!.generation = 3;
  expect(pace.until(asking, "answer")).toBeGreaterThan(0);
  expect(pace.until(asking, "actuate")).toBe(0);
});
