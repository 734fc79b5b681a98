import { expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { aRun, withPlaceholder } from "../testing/builders";
import { stepFor } from "../testing/decide";

const MADE = new Date("2026-01-01T00:00:00Z");
const after = (seconds: number) => new Date(MADE.getTime() + seconds * 1000);

const withCondition =
  (reason: string) =>
  (pod: V1Pod): V1Pod => ({
    ...pod,
    metadata: { ...pod.metadata, creationTimestamp: MADE },
    status: { conditions: [{ type: "PodScheduled", status: "False", reason, message: "blocked" }] },
  });

test.each([
  { reason: "SchedulingGated", seconds: 5, told: [], again: 15 },
  { reason: "SchedulingGated", seconds: 20, told: ["PlaceholderGated"], again: undefined },
  { reason: "Unschedulable", seconds: 500, told: [], again: undefined },
])("$reason after $seconds s: told $told", ({ reason, seconds, told, again }) => {
  const seen = withPlaceholder(aRun().held().run);
  const step = stepFor({ ...seen, pods: seen.pods.map(withCondition(reason)) }, after(seconds));
  expect(step.kind).toBe("wait");
  expect((step.warnings ?? []).map(warning => warning.reason)).toEqual(told);
  expect(step.lookAgainSeconds).toBe(again);
});

test.each([
  { gates: ["example.com/gate"], says: /\(example\.com\/gate\).*Take pods that are labelled/ },
  {
    gates: ["kueue.x-k8s.io/admission", "x"],
    says: /\(kueue\.x-k8s\.io\/admission, x\).*Kueue's is taken off/,
  },
])("the gates $gates are named, and what to do about them", ({ gates, says }) => {
  const gated = (pod: V1Pod): V1Pod => ({
    ...withCondition("SchedulingGated")(pod),
    spec: { ...pod.spec!, schedulingGates: gates.map(name => ({ name })) },
  });
  const seen = withPlaceholder(aRun().held().run);
  const [warning] = stepFor({ ...seen, pods: seen.pods.map(gated) }, after(20)).warnings ?? [];
  expect(warning!.message).toMatch(says);
});
