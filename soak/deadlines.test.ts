import { expect, test } from "@jest/globals";
import { Deadlines } from "./deadlines";

const begun = () => {
  const deadlines = new Deadlines(10);
  deadlines.phase(true, 0);
  return deadlines;
};

test("is overdue when it has lasted for longer than the bound, and told once", () => {
  const deadlines = begun();
  deadlines.note("it", true, 5);
  expect(deadlines.overdue(15)).toEqual([]);
  expect(deadlines.overdue(16)).toEqual(["it"]);
  expect(deadlines.overdue(17)).toEqual([]);
  expect(deadlines.checked()).toBe(1);
});

test("a condition that ended in time is not overdue", () => {
  const deadlines = begun();
  deadlines.note("it", true, 5);
  deadlines.note("it", false, 9);
  expect(deadlines.overdue(100)).toEqual([]);
});

test("time with faults does not count", () => {
  const deadlines = new Deadlines(10);
  deadlines.note("it", true, 0);
  expect(deadlines.overdue(50)).toEqual([]);
  deadlines.phase(true, 50);
  expect(deadlines.overdue(60)).toEqual([]);
  expect(deadlines.overdue(61)).toEqual(["it"]);
});

test("is checked only when the calm lasted until it would have been overdue", () => {
  const deadlines = begun();
  for (const [subject, since] of [
    ["early", 1],
    ["late", 20],
  ] as const) {
    deadlines.note(subject, true, since);
    deadlines.note(subject, false, since + 1);
  }
  deadlines.phase(false, 25);
  expect(deadlines.checked()).toBe(1);
});

test("what ends among faults was not checked", () => {
  const deadlines = new Deadlines(10);
  deadlines.note("it", true, 0);
  deadlines.note("it", false, 1);
  deadlines.phase(true, 2);
  deadlines.phase(false, 50);
  expect(deadlines.checked()).toBe(0);
});
