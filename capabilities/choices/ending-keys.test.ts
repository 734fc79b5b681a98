import { expect, test } from "@jest/globals";
import { areEndingKeys, DEFAULT_ENDING_KEYS, endingKeys } from "./ending-keys";

test.each([
  { key: "ToBeDeletedByClusterAutoscaler", isOne: true },
  { key: "karpenter.sh/disrupted", isOne: true },
  { key: "aws-node-termination-handler/spot-itn", isOne: true },
  { key: "cloud.google.com/impending-node-termination", isOne: true },
  { key: "DeletionCandidateOfClusterAutoscaler", isOne: false },
  { key: "karpenter.sh/nodepool", isOne: false },
  { key: "dedicated", isOne: false },
])("by default $key announces an end: $isOne", ({ key, isOne }) => {
  expect(endingKeys(DEFAULT_ENDING_KEYS)(key)).toBe(isOne);
});

test.each([
  { text: "none", isAllowed: true },
  { text: "example.com/reclaim, example.com/end-*", isAllowed: true },
  { text: "", isAllowed: false },
  { text: "a,,b", isAllowed: false },
  { text: "*", isAllowed: false },
  { text: "a*b", isAllowed: false },
])("the setting $text is allowed: $isAllowed", ({ text, isAllowed }) => {
  expect(areEndingKeys(text)).toBe(isAllowed);
});

test("none of them is none", () => {
  expect(endingKeys("none")("ToBeDeletedByClusterAutoscaler")).toBe(false);
});
