import { expect, test } from "@jest/globals";
import { amounts, clock, duration, few, ordinal } from "./words";

const [S, M, H, D] = [1000, 60_000, 3_600_000, 86_400_000];

test.each([
  [0, "0s"],
  [-5 * S, "0s"],
  [119 * S, "119s"],
  [2 * M, "2m"],
  [9 * M + 59 * S, "9m59s"],
  [10 * M + 59 * S, "10m"],
  [179 * M, "179m"],
  [3 * H + 5 * M, "3h5m"],
  [9 * H, "9h"],
  [47 * H, "47h"],
  [2 * D + 3 * H, "2d3h"],
  [400 * D, "400d"],
])("%i ms is %s, as kubectl has it", (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});

test("a time of another day has its day", () => {
  const now = new Date("2026-01-02T00:00:05Z");
  expect(clock(new Date("2026-01-02T00:00:01.5Z"), now)).toBe("00:00:01");
  expect(clock(new Date("2026-01-01T23:59:59Z"), now)).toBe("2026-01-01 23:59:59");
});

test("the rest", () => {
  expect([1, 2, 3, 4, 11, 22].map(ordinal)).toEqual(["1st", "2nd", "3rd", "4th", "11th", "22nd"]);
  expect(few(["a", "b", "c"], 2)).toBe("a, b and 1 more");
  expect(few(["a"], 2)).toBe("a");
  expect(amounts({ cpu: 1500, memory: 2 ** 30 })).toBe("cpu 1500m, memory 1Gi");
  expect(amounts({})).toBe("nothing");
});
