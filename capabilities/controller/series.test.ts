import { describe, expect, test } from "@jest/globals";
import { firstTold, isDue, seenAgain, type Told } from "./series";

const SECOND = 1000;

/** Seconds at which it is written again, where it is seen once a second. */
function writtenAt(seconds: number): number[] {
  let told: Told = firstTold(0, true);
  const times: number[] = [];
  for (let second = 1; second <= seconds; second++) {
    told = seenAgain(told, second * SECOND);
    if (!isDue(told)) continue;
    told = { ...told, written: told.observed };
    times.push(second);
  }
  return times;
}

test("what goes on is written again after 10 s, and then ever more rarely", () => {
  expect(writtenAt(400)).toEqual([10, 20, 40, 80, 160, 320]);
});

test("but while it goes on it is written at least every half an hour: an Event is kept for an hour", () => {
  const times = writtenAt(8 * 3600);
  const pauses = times.map((time, index) => time - (times[index - 1] ?? 0));
  expect(Math.max(...pauses)).toBe(1800);
});

describe("seen again", () => {
  test("within 5 s it is the same observation", () => {
    const told = firstTold(0, true);
    expect(seenAgain(told, 4_999)).toBe(told);
    expect(seenAgain(told, 5_000).count).toBe(2);
  });

  test("how often is not known of one that another process told first", () => {
    expect(seenAgain(firstTold(0, false), 60_000).count).toBeUndefined();
  });

  test("what was not seen since it was written is not written", () => {
    expect(isDue(firstTold(0, true))).toBe(false);
  });
});
