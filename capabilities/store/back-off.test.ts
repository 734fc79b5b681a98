import { expect, test } from "@jest/globals";
import { BackOff } from "./back-off";

const pauses = (random: number, retryAfter: (number | undefined)[]) => {
  const backOff = new BackOff({ first: 200, longest: 1_000, random: () => random });
  return retryAfter.map(asked => backOff.next(asked));
};
const nothing = Array<undefined>(6).fill(undefined);

test.each([
  {
    name: "at once, then ever later",
    random: 0.999999,
    asked: nothing,
    expected: [0, 200, 400, 800, 1_000, 1_000],
  },
  { name: "half as long at least", random: 0, asked: nothing, expected: [0, 100, 200, 400, 500, 500] },
  { name: "as long as asked for, if longer", random: 0, asked: [700, 50, 700], expected: [700, 100, 700] },
])("$name", ({ random, asked, expected }) => {
  expect(pauses(random, asked).map(Math.round)).toEqual(expected);
});

test("a success begins anew", () => {
  const backOff = new BackOff({ first: 200, longest: 1_000, random: () => 0 });
  backOff.next();
  backOff.next();
  backOff.reset();
  expect([backOff.next(), backOff.next()]).toEqual([0, 100]);
});
