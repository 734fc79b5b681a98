import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { Lag } from "./lag";

let arrived: string[];
let draws: number[];
let longest: number;

beforeEach(() => {
  jest.useFakeTimers();
  arrived = [];
  longest = 1000;
});
afterEach(() => {
  jest.useRealTimers();
});

const lag = (): Lag =>
  new Lag(
    () => draws.shift() ?? 0,
    () => longest,
    event => arrived.push(event),
  );

test("an event arrives when its time has come, in pieces or not", () => {
  draws = [0.5];
  const events = lag();
  events.take("on");
  events.take("e\n");
  jest.advanceTimersByTime(124);
  expect(arrived).toEqual([]);
  jest.advanceTimersByTime(2);
  expect(arrived).toEqual(["one\n"]);
});

test("no event overtakes an earlier one, nor does the end", () => {
  draws = [1, 0, 0.5, 0];
  const events = lag();
  events.take("one\ntwo\n");
  events.take("three\n");
  events.end(() => arrived.push("end"));
  jest.advanceTimersByTime(999);
  expect(arrived).toEqual([]);
  jest.advanceTimersByTime(2);
  expect(arrived).toEqual(["one\n", "two\n", "three\n", "end"]);
});

test("without lag everything arrives at once", () => {
  draws = [0.9, 0.9];
  longest = 0;
  lag().take("one\ntwo\n");
  expect(arrived).toEqual(["one\n", "two\n"]);
});

test("what is late arrives at a flush, and nothing after the connection is gone", () => {
  draws = [1, 1];
  const events = lag();
  events.take("one\n");
  events.flush();
  expect(arrived).toEqual(["one\n"]);
  events.take("two\n");
  events.drop();
  jest.runAllTimers();
  expect(arrived).toEqual(["one\n"]);
});
