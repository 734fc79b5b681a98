import { expect, test } from "@jest/globals";
import { summaryLines } from "./summary";

test("what holds is told with its evidence, what does not in a line with what was seen", () => {
  const verdicts = [
    { claim: "It rains", holds: true, evidence: ["the street is wet"] },
    { claim: "It is warm", holds: false, evidence: ["3 degrees", "snow on the mountains"] },
  ];
  expect(summaryLines(verdicts, 4.6, { width: 20, colour: false })).toEqual([
    "✓ It rains",
    "  the street is wet",
    "✗ It is warm: 3 degrees; snow on the mountains",
    "",
    "1 of 2 claims hold,…",
  ]);
});
