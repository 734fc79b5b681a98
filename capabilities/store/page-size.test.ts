import { expect, test } from "@jest/globals";
import { nextLimit, smallerLimit } from "./page-size";

test.each([
  { name: "small objects: four times as many", limit: 50, items: 50, bytes: 100_000, expected: 200 },
  { name: "never more than 500", limit: 200, items: 200, bytes: 400_000, expected: 500 },
  { name: "as many as fit", limit: 50, items: 50, bytes: 2_500_000, expected: 80 },
  { name: "fewer when they are large", limit: 50, items: 5, bytes: 7_500_000, expected: 2 },
  { name: "at least one", limit: 1, items: 1, bytes: 9_000_000, expected: 1 },
  { name: "a page without objects tells nothing", limit: 50, items: 0, bytes: 90, expected: 50 },
])("the next limit: $name", ({ limit, items, bytes, expected }) => {
  expect(nextLimit(limit, { items, bytes }, 4_000_000)).toBe(expected);
});

test("a page that is too large is asked for with a quarter, down to one object", () => {
  const limits = [50];
  while (limits.at(-1) !== 1) limits.push(smallerLimit(limits.at(-1)!));
  expect(limits).toEqual([50, 12, 3, 1]);
  expect(() => smallerLimit(1)).toThrow("too large");
});
