import { expect, test } from "@jest/globals";
import { Pace } from "./pace";

test("time counts in full while reads are fast, and before and after all samples", () => {
  const pace = new Pace(1000);
  pace.sample(2000, 10);
  expect([500, 1000, 1500, 2000, 3000].map(at => pace.counted(at))).toEqual([500, 1000, 1500, 2000, 3000]);
  expect(pace.lost).toBe(0);
});

test("it counts less while reads are slow", () => {
  const pace = new Pace(0);
  pace.sample(1000, 500);
  pace.sample(2000, 50);
  expect([500, 1000, 1500, 2000].map(at => pace.counted(at))).toEqual([50, 100, 600, 1100]);
  expect(pace.lost).toBe(900);
});
