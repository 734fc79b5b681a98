import { describe, expect, test } from "@jest/globals";
import { EventStream, type Passed } from "./event-stream";
import {
  NO_FAULTS,
  ORDINARY_RATES,
  pick,
  REQUEST_FAULTS,
  WATCH_FAULTS,
  type Fault,
  type FaultRates,
} from "./faults";
import { chance, sequence } from "./seeded";

const only = (fault: Fault): FaultRates => ({ ...NO_FAULTS, [fault]: 1 });

test("the same seed and words give the same chance, others another", () => {
  expect(chance(1, "GET", "/api", 0)).toBe(chance(1, "GET", "/api", 0));
  expect(chance(2, "GET", "/api", 0)).not.toBe(chance(1, "GET", "/api", 0));
  const next = sequence(1, "watch");
  expect([next(), next()]).toEqual([chance(1, "watch", 0), chance(1, "watch", 1)]);
});

test.each(REQUEST_FAULTS)("%s is picked when it is certain", fault => {
  expect(pick(REQUEST_FAULTS, only(fault), 0.999)).toBe(fault);
});

test("nothing is picked beyond the sum of all chances", () => {
  expect(pick(WATCH_FAULTS, ORDINARY_RATES, 0.999)).toBeUndefined();
});

describe("the events of a watch", () => {
  /** What is made of three events, the first of which meets the fault. */
  function through(fault: Fault): { passed: Passed[]; rest: string; counted: string[] } {
    const counted: string[] = [];
    let drawn = 0;
    const rates = () => (drawn++ === 0 ? only(fault) : NO_FAULTS);
    const stream = new EventStream(
      () => 0,
      rates,
      found => counted.push(found),
    );
    const passed = ["one\ntw", "o\n", "three\n"].map(chunk => stream.pass(chunk));
    return { passed, rest: stream.flush(), counted };
  }
  const textOf = ({ passed }: { passed: Passed[] }) => passed.map(({ text }) => text).join("");

  test("are passed on whole and in order without faults", () => {
    const stream = new EventStream(
      () => 0,
      () => NO_FAULTS,
      () => undefined,
    );
    expect(stream.pass("one\ntw")).toEqual({ text: "one\n", fate: "go on" });
    expect(stream.pass("o\n")).toEqual({ text: "two\n", fate: "go on" });
  });

  test("one twice", () => expect(textOf(through("duplicated event"))).toBe("one\none\ntwo\nthree\n"));

  test("one after the next", () => {
    expect(textOf(through("reordered events"))).toBe("two\none\nthree\n");
  });

  test.each([
    ["truncated stream", { text: "on", fate: "cut" }],
    ["half-open watch", { text: "", fate: "silent" }],
    ["410 Gone", { text: expect.stringContaining('"code":410'), fate: "end" }],
  ] as const)("%s", (fault, expected) => {
    const { passed, counted } = through(fault);
    expect(passed[0]).toEqual(expected);
    expect(counted).toEqual([fault]);
  });
});
