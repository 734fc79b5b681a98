import { expect, test } from "@jest/globals";
import { requestsIn, usesIn, writeIn } from "./audit";

const event = (extra: object) =>
  JSON.stringify({
    stage: "ResponseComplete",
    verb: "get",
    user: { username: "system:serviceaccount:space:operator" },
    objectRef: { resource: "pods" },
    responseStatus: { code: 200 },
    annotations: { "authorization.k8s.io/decision": "allow" },
    ...extra,
  });
const use = { account: "operator", verb: "get", apiGroup: "", resource: "pods" };

test("each kind of request once, with subresource and group", () => {
  const resize = { objectRef: { resource: "pods", subresource: "resize" }, verb: "patch" };
  const sets = { objectRef: { apiGroup: "apps", resource: "statefulsets" } };
  expect(usesIn([event({}), event({}), event(resize), event(sets), ""].join("\n"))).toEqual([
    use,
    { ...use, verb: "patch", resource: "pods/resize" },
    { ...use, apiGroup: "apps", resource: "statefulsets" },
  ]);
});

test("every request, as often as it was made; a watch that has begun is not one that has ended", () => {
  const begun = event({ verb: "watch", stage: "ResponseStarted" });
  expect(requestsIn([event({}), begun, event({}), event({ objectRef: undefined })].join("\n"))).toEqual([
    use,
    use,
  ]);
});

test("what is for no resource is left out", () => {
  expect(usesIn(event({ objectRef: undefined }))).toEqual([]);
});

test("what a quota or somebody's policy refuses is not denied by ours", () => {
  const byQuota = { responseStatus: { code: 403, message: "exceeded quota" } };
  expect(usesIn(event(byQuota))).toEqual([use]);
});

test("denied by RBAC, or by the chart's admission policy", () => {
  const byRbac = { annotations: { "authorization.k8s.io/decision": "forbid" }, responseStatus: undefined };
  const byPolicy = { responseStatus: { code: 403, message: "may change and delete only its placeholders" } };
  expect(usesIn([event(byRbac), event(byPolicy)].join("\n"))).toEqual([
    { ...use, denied: "forbidden" },
    { ...use, denied: "may change and delete only its placeholders" },
  ]);
});

test("a write, with the object and the version that it made", () => {
  const line = event({
    verb: "patch",
    objectRef: { resource: "pods", subresource: "resize", namespace: "space", name: "one" },
    requestObject: [{ op: "remove" }],
    responseObject: { metadata: { uid: "u", resourceVersion: "12" } },
    stageTimestamp: "1970-01-01T00:00:01.000000Z",
  });
  expect(writeIn(line)).toEqual({
    ...{ account: "operator", verb: "patch", resource: "pods/resize", namespace: "space", name: "one" },
    ...{ code: 200, message: "", uid: "u", revision: 12, request: [{ op: "remove" }], at: 1000 },
  });
});

test("a deletion that is answered with a Status names the object by UID, and a read is no write", () => {
  const deletion = event({ verb: "delete", responseObject: { details: { uid: "u" } } });
  expect(writeIn(deletion)).toMatchObject({ uid: "u", verb: "delete" });
  expect(writeIn(deletion)?.revision).toBeUndefined();
  expect(writeIn(event({}))).toBeUndefined();
});
