import { describe, expect, test } from "@jest/globals";
import { aRun } from "../testing/builders";
import type { EventReason } from "../tekton/reasons";
import type { Warning } from "../tekton/warning";
import { eventFor, repetitionOf } from "./events";

const { run } = aRun().held();
const now = new Date("2026-01-01T00:00:01.500Z");
const told = (warning: Partial<Warning> = {}) =>
  eventFor(run, { reason: "Placed", message: "Placed on node-1.", ...warning }, now, "controller-1_ab");

test("an Event has what events.k8s.io asks for, and the time that kubectl describe puts it in order by", () => {
  expect(JSON.parse(JSON.stringify(told({ type: "Normal" })))).toMatchObject({
    involvedObject: { apiVersion: "tekton.dev/v1", kind: "PipelineRun", name: "build", namespace: "ci" },
    type: "Normal",
    reason: "Placed",
    action: "Release",
    message: "Placed on node-1.",
    eventTime: "2026-01-01T00:00:01.500000Z",
    lastTimestamp: "2026-01-01T00:00:01.500Z",
    reportingComponent: "pipelinerun-pod-affinity",
    reportingInstance: "controller-1_ab",
  });
});

test("what does not go well is a Warning unless it says otherwise, and an action is always given", () => {
  expect(told({ reason: "NeverFits" })).toMatchObject({ type: "Warning", action: "Place" });
});

test("of one second, a run's Events are named in the order of its story", () => {
  const reasons: EventReason[] = ["Reserved", "WaitingForNode", "NeverFits", "Placed", "Moving", "Moved"];
  const names = reasons.map(reason => told({ reason }).metadata.name!);
  expect([...names].sort()).toEqual(names);
});

describe("the name", () => {
  const name = (warning: Partial<Warning>) => told(warning).metadata.name;

  test("is the same for what is said again, whatever the words, and by whom", () => {
    expect(name({ about: "node", message: "0/3" })).toBe(name({ about: "node", message: "0/4" }));
    const other = eventFor(run, { reason: "Placed", message: "Placed on node-1." }, new Date(0), "another");
    expect(other.metadata.name).toBe(told().metadata.name);
  });

  test("differs by what it is about, and by the run", () => {
    expect(name({ about: "a" })).not.toBe(name({ about: "b" }));
    const again = { ...run, metadata: { ...run.metadata, uid: "another" } };
    expect(
      eventFor(again, { reason: "Placed", message: "Placed on node-1." }, now, "me").metadata.name,
    ).not.toBe(told().metadata.name);
  });
});

test("messages and names are no longer than Kubernetes allows", () => {
  const long = eventFor(run, { reason: "Placed", message: "x".repeat(5000) }, now, "y".repeat(300));
  expect(long.message!.length).toBe(1024);
  expect(long.reportingInstance!.length).toBe(128);
  expect(JSON.parse(JSON.stringify(repetitionOf("x".repeat(5000), 3, now)))).toEqual({
    message: "x".repeat(1024),
    lastTimestamp: "2026-01-01T00:00:01.500Z",
    series: { count: 3, lastObservedTime: "2026-01-01T00:00:01.500000Z" },
  });
});
