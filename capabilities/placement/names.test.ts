import { createHash } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { nodeLabel, placeholderName, placeholderPodName } from "./names";

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

describe("a node's name as a label's value", () => {
  /** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
  const VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
  const long = `ip-10-0-0-1.${"eu-central-1.".repeat(10)}compute.internal`;

  test.each(["node-1", "x".repeat(63), long, `${"x".repeat(51)}.${"y".repeat(100)}`, "x".repeat(253)])(
    "%s",
    name => {
      expect(nodeLabel(name)).toMatch(VALUE);
      expect(nodeLabel(name).slice(0, 52)).toBe(name.slice(0, 52));
    },
  );

  test("is the name itself where that fits, and of two long ones never the same", () => {
    expect(nodeLabel("x".repeat(63))).toBe("x".repeat(63));
    expect(nodeLabel(`${long}a`)).not.toBe(nodeLabel(`${long}b`));
  });
});
