import { describe, expect, test } from "@jest/globals";
import { reviewProblem } from "./review";

const request = { uid: "1", operation: "CREATE", kind: { kind: "Pod" }, object: { metadata: {} } };

test("a review that can be answered", () => {
  expect(reviewProblem({ request })).toBeUndefined();
  const { object: oldObject, ...rest } = request;
  expect(reviewProblem({ request: { ...rest, operation: "DELETE", oldObject } })).toBeUndefined();
});

describe("one that cannot", () => {
  test.each<[unknown, string]>([
    [null, "an AdmissionReview"],
    [[], "an AdmissionReview"],
    ["text", "an AdmissionReview"],
    [{}, "request must be"],
    [{ request: null }, "request must be"],
    [{ request: { ...request, uid: 1 } }, "request.uid"],
    [{ request: { ...request, operation: undefined } }, "request.operation"],
    [{ request: { ...request, kind: "Pod" } }, "request.kind"],
    [{ request: { ...request, object: null } }, "request.object must be"],
    [{ request: { ...request, object: {} } }, "request.object must be"],
    [{ request: { ...request, operation: "DELETE" } }, "request.oldObject must be"],
  ])("%j", (body, message) => expect(reviewProblem(body)).toContain(message));
});
