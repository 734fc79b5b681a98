import { expect, test } from "@jest/globals";
import { withLookAgain } from "./look-again";
import type { Step } from "./next-step";

test.each<[Step["kind"], number | undefined, number | undefined]>([
  ["settle-placeholder", undefined, 0],
  ["settle-placeholder", 5, 0],
  ["make-placeholder", undefined, 2],
  ["make-placeholder", 1, 1],
  ["wait", undefined, undefined],
  ["wait", 7, 7],
  ["none", undefined, undefined],
])("after %s that says %p: %p", (kind, said, expected) => {
  const step = { kind, why: "it is so", ...(said !== undefined && { lookAgainSeconds: said }) } as Step;
  expect(withLookAgain(step).lookAgainSeconds).toBe(expected);
});
