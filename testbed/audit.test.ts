import { expect, test } from "@jest/globals";
import { usesIn } from "./audit";

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

test("what is for no resource is left out", () => {
  expect(usesIn(event({ objectRef: undefined }))).toEqual([]);
});

test("denied by RBAC, or by an admission policy", () => {
  const byRbac = { annotations: { "authorization.k8s.io/decision": "forbid" }, responseStatus: undefined };
  const byPolicy = { responseStatus: { code: 403, message: "only placeholders" } };
  expect(usesIn([event(byRbac), event(byPolicy)].join("\n"))).toEqual([
    { ...use, denied: "forbidden" },
    { ...use, denied: "only placeholders" },
  ]);
});
