import { createHash } from "node:crypto";
import { expect, test } from "@jest/globals";
import { placeholderName, placeholderPodName } from "./names";

test("a placeholder is named by the sha256 of its run's name", () => {
  const digest = createHash("sha256").update("build-1").digest("hex");
  expect(placeholderName("build-1")).toBe(`custom-pod-affinity-${digest.slice(0, 10)}`);
  expect(placeholderPodName("build-1")).toBe(`${placeholderName("build-1")}-0`);
});

test("the name never changes between versions: pods of running runs carry it", () => {
  expect(placeholderName("build")).toBe("custom-pod-affinity-44575cf5b2");
});

test("the longest name of a run still makes a label value", () => {
  expect(placeholderPodName("x".repeat(253)).length).toBeLessThanOrEqual(63);
});
