import { expect, test } from "@jest/globals";
import { PATIENCE_SECONDS, patienceSeconds } from "./waiting-pods";

test.each([
  { moves: 0, seconds: PATIENCE_SECONDS },
  { moves: 1, seconds: 2 * PATIENCE_SECONDS },
  { moves: 3, seconds: 8 * PATIENCE_SECONDS },
  { moves: 48, seconds: 600 },
])("after $moves moves a placeholder is patient for $seconds s: it moves less and less often", at => {
  expect(patienceSeconds(at.moves)).toBe(at.seconds);
});
