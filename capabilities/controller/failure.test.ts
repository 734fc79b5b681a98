import { describe, expect, test } from "@jest/globals";
import { NotAllowedToWrite } from "../kube/client";
import { answer } from "../testing/fake-cluster";
import { failureOf, Outdated } from "./failure";

const denied = answer(403, 'admission webhook "w" denied the request: no');
const hungUp = new Error("socket hang up");
const fault = new TypeError("x is not iterable");

test("what another controller does is not told", () => {
  expect(failureOf(new NotAllowedToWrite(), 100)).toEqual({ kind: "not-ours" });
});

describe("what has changed meanwhile", () => {
  const conflict = answer(409, "the object has been modified");
  const outdated = new Outdated("pods of the run are active");
  test.each([
    { name: "a conflict", error: conflict },
    { name: "what a fresh read showed", error: outdated },
  ])("is looked at again, and told only where it goes on: $name", ({ error }) => {
    expect(failureOf(error, 1)).toEqual({ kind: "outdated" });
    expect(failureOf(error, 5)).toEqual({ kind: "outdated" });
    expect(failureOf(error, 6)).toMatchObject({ kind: "told", warning: { reason: "StepFailed" } });
  });
});

describe("what people are told", () => {
  test.each([
    { name: "a denied write, at once", error: denied, toldFrom: 1, says: "Change what refuses it" },
    { name: "a fault of our own, at once", error: fault, toldFrom: 1, says: "report it as a fault" },
    { name: "no answer, when it goes on", error: hungUp, toldFrom: 3, says: "did not answer as it should" },
    {
      name: "an answer that says nothing, when it goes on",
      error: answer(500, "etcdserver: request timed out"),
      toldFrom: 3,
      says: "did not answer as it should",
    },
  ])("$name", ({ error, toldFrom, says }) => {
    const failure = failureOf(error, 1);
    expect(failure).toMatchObject({ kind: "told", toldFrom, warning: { reason: "StepFailed" } });
    const { why, warning } = failure as Extract<typeof failure, { kind: "told" }>;
    expect(warning.message).toContain(says);
    expect(why).toContain("its next step fails: ");
  });

  test("is one Event, however the words differ from try to try", () => {
    const about = (message: string) => {
      const failure = failureOf(answer(403, `exceeded quota, used: ${message}`), 1);
      return failure.kind === "told" ? failure.warning.about : undefined;
    };
    expect(about("1")).toBe(about("2"));
    expect(about("1")).toBeDefined();
  });
});
