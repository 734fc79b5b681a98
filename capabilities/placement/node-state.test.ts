import { describe, expect, test } from "@jest/globals";
import type { V1Node, V1Toleration } from "@kubernetes/client-node";
import { DEFAULT_ENDING_KEYS, endingKeys } from "../choices/ending-keys";
import { HEALTHY, stateOf, troubleOf } from "./node-state";

const keys = endingKeys(DEFAULT_ENDING_KEYS);
const since = new Date("2026-01-01T00:00:00Z");
const ready = (status: string) => ({ conditions: [{ type: "Ready", status, lastTransitionTime: since }] });
const node = (more: Partial<V1Node> = {}): V1Node => ({
  metadata: { name: "n" },
  status: ready("True"),
  ...more,
});
const tainted = (key: string, effect: string, value?: string): V1Node =>
  node({ spec: { taints: [{ key, effect, ...(value !== undefined && { value }) }] } });
const taking = (pods: string): V1Node => node({ status: { ...ready("True"), allocatable: { pods } } });
const outOfService = tainted("node.kubernetes.io/out-of-service", "NoExecute", "nodeshutdown");

describe("what a node says", () => {
  test.each([
    { says: "that it is ready", of: node(), kind: undefined },
    { says: "nothing yet", of: node({ status: {} }), kind: undefined },
    { says: "nothing: it is not there", of: undefined, kind: "gone", answers: false },
    { says: "cordoned", of: node({ spec: { unschedulable: true } }), kind: "cordoned", answers: true },
    { says: "not ready", of: node({ status: ready("False") }), kind: "not-ready", answers: false },
    { says: "no heartbeat", of: node({ status: ready("Unknown") }), kind: "unreachable", answers: false },
    { says: "out of service", of: outOfService, kind: "out-of-service", answers: false },
    {
      says: "spot reclaim",
      of: tainted("aws-node-termination-handler/spot-itn", "NoSchedule"),
      kind: "ending",
      answers: true,
    },
    {
      says: "an announced end that only prefers",
      of: tainted("karpenter.sh/disrupted", "PreferNoSchedule"),
      kind: "ending",
      answers: true,
    },
    {
      says: "a candidate for deletion",
      of: tainted("DeletionCandidateOfClusterAutoscaler", "PreferNoSchedule"),
      kind: undefined,
    },
    {
      says: "an annotation",
      of: node({ metadata: { annotations: { "cloud.google.com/impending-node-termination": "" } } }),
      kind: "ending",
      answers: true,
    },
    { says: "a taint", of: tainted("dedicated", "NoSchedule", "web"), kind: "tainted", answers: true },
    { says: "that it takes few pods", of: taking("17"), kind: undefined },
    { says: "pressure", of: tainted("node.kubernetes.io/disk-pressure", "NoSchedule"), kind: undefined },
  ])("$says: $kind", ({ of, kind, answers }) => {
    const trouble = troubleOf(stateOf(of, keys), [], keys);
    expect(trouble?.kind).toBe(kind);
    expect(trouble?.answers).toBe(answers);
  });
});

describe("the worst counts", () => {
  test("what it says itself, before whose it is", () => {
    const state = { isOfRun: "build" };
    expect(troubleOf(state, [], keys)).toEqual({
      kind: "of-another-run",
      what: "has pods of the run build, which lost its placeholder there",
      answers: true,
    });
    expect(troubleOf({ ...state, isUnschedulable: true }, [], keys)!.kind).toBe("cordoned");
  });

  test("out of service, since when it did not answer", () => {
    const dead = { ...outOfService, status: ready("Unknown") };
    expect(troubleOf(stateOf(dead, keys), [], keys)).toMatchObject({
      kind: "out-of-service",
      since: since.getTime(),
    });
  });
  test("a lost node that was cordoned", () => {
    const dead = node({ spec: { unschedulable: true }, status: ready("Unknown") });
    expect(troubleOf(stateOf(dead, keys), [], keys)?.kind).toBe("unreachable");
  });
});

describe("what the run's pods tolerate is no trouble", () => {
  const all: V1Toleration[] = [{ operator: "Exists" }];
  test.each([
    { what: "a cordon", of: node({ spec: { unschedulable: true } }), kind: undefined },
    { what: "a taint", of: tainted("dedicated", "NoSchedule", "web"), kind: undefined },
    { what: "but a node that is lost", of: node({ status: ready("Unknown") }), kind: "unreachable" },
    { what: "but one that ends", of: tainted("karpenter.sh/disrupted", "NoSchedule"), kind: "ending" },
  ])("$what", ({ of, kind }) => {
    expect(troubleOf(stateOf(of, keys), all, keys)?.kind).toBe(kind);
  });
  test("of another value it is", () => {
    const other: V1Toleration[] = [{ key: "dedicated", value: "builds" }];
    const state = stateOf(tainted("dedicated", "NoSchedule", "web"), keys);
    expect(troubleOf(state, other, keys)?.kind).toBe("tainted");
  });
});

test("nothing is kept of a node that is as it should be", () => {
  const heartbeat = { ...ready("True"), images: [{ names: ["a"] }], allocatable: { cpu: "8" } };
  expect(stateOf(node({ status: heartbeat }), keys)).toBe(HEALTHY);
});

test.each([
  { pods: "17", slots: 17 },
  { pods: "110", slots: undefined },
  { pods: "0", slots: undefined },
])("of $pods slots for pods, few are known", ({ pods, slots }) => {
  expect(stateOf(taking(pods), keys).slots).toBe(slots);
});

test("a node that takes no pod beside the placeholder is left", () => {
  expect(troubleOf({ slots: 17, isFull: true }, [], keys)).toEqual({
    kind: "full",
    what: "takes 17 pods, and none more beside its placeholder",
    answers: true,
  });
});
