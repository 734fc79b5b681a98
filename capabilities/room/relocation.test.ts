import { expect, test } from "@jest/globals";
import { PATIENCE_SECONDS, patienceSeconds } from "./relocation";

test.each([
  [undefined, PATIENCE_SECONDS],
  [1, PATIENCE_SECONDS],
  [2, PATIENCE_SECONDS],
  [3, 2 * PATIENCE_SECONDS],
  [5, 8 * PATIENCE_SECONDS],
  [50, 600],
])(
  "a placeholder of generation %p is patient for %p s: it moves less and less often",
  (generation, seconds) => {
    expect(patienceSeconds({ metadata: { generation } })).toBe(seconds);
  },
);
