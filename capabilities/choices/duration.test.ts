import { expect, test } from "@jest/globals";
import { parseDuration } from "./duration";

test.each([
  ["0", 0],
  ["90s", 90_000],
  ["10m", 600_000],
  ["1h30m", 5_400_000],
  ["1.5h", 5_400_000],
  ["-5m", -300_000],
  ["250ms", 250],
])("%s", (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each(["", "10", "m", "10 m", "1d", "1h30", ".", "h1"])("%j is no duration", text => {
  expect(() => parseDuration(text)).toThrow(JSON.stringify(text));
});
