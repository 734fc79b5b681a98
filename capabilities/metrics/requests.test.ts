import { expect, test } from "@jest/globals";
import { registry } from "./registry";
import { counted, verbOf } from "./requests";

const SERVER = "https://10.0.0.1:6443";

test.each([
  ["GET", "/api/v1/pods?limit=5", "list"],
  ["GET", "/api/v1/namespaces", "list"],
  ["GET", "/api/v1/namespaces/ci", "get"],
  ["GET", "/api/v1/namespaces/ci/pods", "list"],
  ["GET", "/api/v1/namespaces/ci/pods/a", "get"],
  ["GET", "/apis/apps/v1/namespaces/ci/statefulsets/a", "get"],
  ["GET", "/apis/tekton.dev/v1/pipelineruns?watch=true", "watch"],
  ["GET", "/k8s/clusters/c-1/apis/apps/v1/statefulsets", "list"],
  ["POST", "/api/v1/namespaces/ci/events", "create"],
  ["PATCH", "/api/v1/namespaces/ci/pods/a/resize", "patch"],
  ["PUT", "/apis/coordination.k8s.io/v1/namespaces/ci/leases/a", "update"],
  ["DELETE", "/api/v1/namespaces/ci/pods/a", "delete"],
])("%s %s: %s", (method, path, verb) => {
  expect(verbOf(method, `${SERVER}${path}`)).toBe(verb);
});

test("answers are counted by their class, and what has none", async () => {
  const statusOf = (answer: unknown) => (answer as { status?: number }).status;
  await counted("get", Promise.resolve({ status: 200 }), statusOf);
  await counted("get", Promise.resolve({ status: 404 }), statusOf);
  await expect(counted("get", Promise.reject(new Error("gone")), statusOf)).rejects.toThrow("gone");
  const text = await registry.metrics();
  for (const code of ["2xx", "4xx", "none"])
    expect(text).toContain(`pod_affinity_kubernetes_requests_total{verb="get",code="${code}"} 1`);
});
