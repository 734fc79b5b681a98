import { describe, expect, test } from "@jest/globals";
import { ApiException } from "@kubernetes/client-node";
import {
  describeError,
  ifThere,
  isOutdated,
  isResizeRefused,
  refusalOf,
  retryAfterMilliseconds,
} from "./errors";

const answer = (code: number, headers: Record<string, string> = {}, body: unknown = "") =>
  new ApiException(code, "", body, headers);

test.each([
  [404, true],
  [409, true],
  [422, true],
  [403, false],
  [429, false],
  [500, false],
])("an answer of %d: look again, as it has changed: %s", (code, expected) => {
  expect(isOutdated(answer(code))).toBe(expected);
});

describe("a write that", () => {
  const status = (message: string, details: object = {}) => ({ kind: "Status", message, details });
  test.each([
    {
      name: "found the object changed is outdated: a failed JSON Patch test",
      code: 422,
      body: status("the server rejected our request due to an error in our request"),
      expected: true,
    },
    {
      name: "found the object gone is outdated",
      code: 404,
      body: status('statefulsets.apps "x" not found'),
      expected: true,
    },
    {
      name: "is not valid is none, however often it is tried",
      code: 422,
      body: status('StatefulSet.apps "x" is invalid', {
        kind: "StatefulSet",
        causes: [{ reason: "FieldValueForbidden", field: "spec" }],
      }),
      expected: false,
    },
    {
      name: "a webhook denies is none, whatever status that chooses",
      code: 409,
      body: status('admission webhook "w" denied the request: no'),
      expected: false,
    },
    {
      name: "a policy denies is none",
      code: 422,
      body: status("ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no"),
      expected: false,
    },
    {
      name: "a webhook denies as not found is none",
      code: 404,
      body: status('admission webhook "w" denied the request: no such team'),
      expected: false,
    },
  ])("$name", ({ code, body, expected }) => {
    expect(isOutdated(answer(code, {}, body))).toBe(expected);
    expect(isOutdated(answer(code, {}, JSON.stringify(body)))).toBe(expected);
  });
});

describe("a resize", () => {
  const POD = '{"kind":"Status","details":{"name":"p","kind":"Pod"}}';
  const field = "spec.containers[0].resources.limits[memory]";
  const why = "Forbidden: memory limits cannot be decreased unless resizePolicy is RestartContainer";
  const LOWERED_LIMIT = JSON.stringify({
    message: `Pod "p" is invalid: ${field}: ${why}`,
    details: { name: "p", kind: "Pod", causes: [{ reason: "FieldValueForbidden", message: why, field }] },
  });
  test.each<[string, number, unknown, boolean]>([
    [
      "is refused where there is none (before 1.33)",
      404,
      '{"message":"the server could not find the requested resource"}',
      true,
    ],
    ["is not, where its pod is gone", 404, '{"message":"pods \\"p\\" not found"}', false],
    ["is refused by a node that has no room, ever", 403, "", true],
    [
      "is not, where the node is gone",
      403,
      '{"message":"pods p is forbidden: node \\"n\\" not found"}',
      false,
    ],
    ["is refused where the pod would not be valid", 422, POD, true],
    ["is refused where limits of memory may not be lowered (1.33)", 422, LOWERED_LIMIT, true],
    ["is refused by a policy", 422, { message: "ValidatingAdmissionPolicy 'x' denied request: no" }, true],
    ["is not, where the pod is not what it was", 422, '{"message":"the server rejected our request"}', false],
    ["is not, where the API server has trouble", 500, POD, false],
  ])("%s", (_what, code, body, expected) => {
    expect(isResizeRefused(answer(code, {}, body))).toBe(expected);
  });
});

describe("how long the API server asks to be left alone", () => {
  test.each<[string, unknown, number | undefined]>([
    ["said", answer(429, { "retry-after": "3" }), 3000],
    ["an hour, which is not believed", answer(503, { "retry-after": "3600" }), 60_000],
    ["not said", answer(429), undefined],
    ["a date, which the API server never sends", answer(503, { "retry-after": "Fri" }), undefined],
    ["no answer at all", new Error("socket hang up"), undefined],
  ])("%s", (_what, error, expected) => {
    expect(retryAfterMilliseconds(error)).toBe(expected);
  });
});

test.each<[unknown, string]>([
  [answer(403, {}, '{"message":"not yours"}'), "403: not yours"],
  [answer(502, {}, "<html>"), "502: <html>"],
  [new Error("socket hang up"), "socket hang up"],
])("an error in a line", (error, expected) => {
  expect(describeError(error)).toBe(expected);
});

test("only an object that is not there counts as none", async () => {
  expect(await ifThere(Promise.reject(answer(404)))).toBeUndefined();
  await expect(ifThere(Promise.reject(answer(500)))).rejects.toThrow();
});

test.each([
  [403, "exceeded quota", true],
  [422, "denied request", true],
  [400, "admission webhook denied the request", true],
  [500, "Internal error occurred: failed calling webhook", true],
  [500, "etcdserver: request timed out", false],
  [401, "Unauthorized", false],
  [404, 'namespaces "x" not found', false],
  [409, "already exists", false],
  [429, "too many requests", false],
  [503, "unavailable", false],
])("%i %s is a refusal: %j", (status, message, refused) => {
  expect(refusalOf(answer(status, {}, JSON.stringify({ message })))).toBe(refused ? message : undefined);
});

test("no answer is no refusal", () => {
  expect(refusalOf(new Error("socket hang up"))).toBeUndefined();
});
