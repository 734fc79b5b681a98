import { describe, expect, test } from "@jest/globals";
import { differences, missedStates } from "./differences";
import type { Recording } from "./recording";

/** A TaskRun that went through reasons, each from its millisecond on. */
const life = (...reasons: [ms: number, reason: string][]): Recording => ({
  timeline: reasons.map(([ms, reason]) => ({ ms, event: "MODIFIED", object: "TaskRun/a", reason })),
  objectsAsCreated: { "TaskRun/a": { kind: "TaskRun" } },
});

describe("states", () => {
  const recorded = life([0, "Pending"], [100, "Running"], [9_000, "Succeeded"]);

  test.each([
    ["all of them", life([0, "Pending"], [1, "Running"], [2, "Succeeded"]), 0, 0],
    ["without a brief one", life([0, "Running"], [5, "Succeeded"]), 0, 1],
    ["without a long one", life([0, "Pending"], [5, "Succeeded"]), 1, 0],
    ["without the last one", life([0, "Pending"], [5, "Running"]), 1, 0],
    ["in another order", life([0, "Running"], [5, "Pending"], [9, "Succeeded"]), 1, 0],
    [
      "with one that was not recorded",
      life([0, "Pending"], [1, "Running"], [2, "Failed"], [3, "Succeeded"]),
      1,
      0,
    ],
  ])("%s", (_what, here, isDifferent, missed) => {
    expect(differences("a.json", recorded, here).length > 0).toBe(isDifferent === 1);
    expect(missedStates(recorded, here)).toHaveLength(missed);
  });
});
