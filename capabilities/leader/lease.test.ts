import { describe, expect, test } from "@jest/globals";
import type { V1LeaseSpec } from "@kubernetes/client-node";
import { leaseStep, leaseTerms, sighted } from "./lease";

const heldBy = (holderIdentity: string): V1LeaseSpec => ({ holderIdentity, leaseDurationSeconds: 9 });

describe("the step for a Lease", () => {
  test.each<[string, V1LeaseSpec | undefined, number, string]>([
    ["there is none", undefined, 0, "create"],
    ["it is mine", heldBy("me"), 0, "renew"],
    ["it is mine, and long not renewed", heldBy("me"), 60_000, "renew"],
    ["it was given back", heldBy(""), 0, "take"],
    ["another's, just renewed", heldBy("other"), 0, "wait"],
    ["another's, at the end of its time", heldBy("other"), 9000, "wait"],
    ["another's, over its time", heldBy("other"), 9001, "take"],
    ["it never had a holder", {}, 0, "take"],
  ])("%s", (_what, lease, unchangedMilliseconds, expected) => {
    const since = { record: "", at: 1000 };
    expect(leaseStep(lease, "me", since, 1000 + unchangedMilliseconds)).toBe(expected);
  });
});

describe("how long a Lease has not changed", () => {
  test("counts from when it was first seen so, whatever its own times say", () => {
    const lease = { ...heldBy("other"), renewTime: new Date(0) as V1LeaseSpec["renewTime"] };
    const first = sighted(lease, undefined, 5000);
    expect(sighted({ ...lease }, first, 9000)).toEqual({ record: first.record, at: 5000 });
  });

  test("begins anew with a renewal", () => {
    const lease = { ...heldBy("other"), renewTime: new Date(0) as V1LeaseSpec["renewTime"] };
    const renewed = { ...lease, renewTime: new Date(2000) as V1LeaseSpec["renewTime"] };
    expect(sighted(renewed, sighted(lease, undefined, 5000), 9000).at).toBe(9000);
  });
});

test("a holder stops before others take over, and has three tries until then", () => {
  const { duration, renewDeadline, retry } = leaseTerms(9);
  expect(duration).toBe(9000);
  expect(renewDeadline).toBeLessThan(duration);
  expect(3 * retry).toBeLessThan(renewDeadline);
});
