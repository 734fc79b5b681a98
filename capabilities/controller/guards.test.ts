import { describe, expect, test } from "@jest/globals";
import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { aRun, observed, runPod, SETTINGS } from "../testing/builders";
import { FakeCluster } from "../testing/fake-cluster";
import { Store } from "../store/store";
import { guardMove, guardNode, guardSlot } from "./guards";

const KEY = { namespace: "ci", name: "build" };
const { run } = aRun().placed();

function podOn(nodeName: string | undefined): V1Pod {
  const { metadata, spec, status } = runPod("Running");
  return { metadata: { ...metadata, namespace: "ci", uid: "p" }, spec: { ...spec!, nodeName }, status };
}

describe("before the pod of a placeholder that moves is deleted", () => {
  test.each([
    { name: "it goes, where the run has no pods", seen: undefined, there: undefined, stays: false },
    { name: "it goes, where its pods wait", seen: podOn(undefined), there: podOn(undefined), stays: false },
    {
      name: "it goes, where all that is on the node was seen",
      seen: podOn("n"),
      there: podOn("n"),
      stays: false,
    },
    {
      name: "it stays, where a pod that waited has come onto the node",
      seen: podOn(undefined),
      there: podOn("n"),
      stays: true,
    },
    {
      name: "it stays, where a pod is on the node of which no event has told",
      seen: undefined,
      there: podOn("n"),
      stays: true,
    },
  ])("$name", async ({ seen, there, stays }) => {
    const fake = new FakeCluster();
    fake.pods = there === undefined ? [] : [there];
    const store = new Store(() => undefined);
    const parts = { cluster: fake.cluster, settings: SETTINGS, store, tektonDefaults: () => ({}), me: "me" };
    const guarded = guardMove(parts, KEY, observed(run, { pods: seen === undefined ? [] : [seen] }));
    await (stays ? expect(guarded).rejects.toThrow("have come onto its node") : guarded);
    expect(store.names(KEY, "pods")).toHaveLength(stays ? 1 : 0);
  });
});

describe("before a node is left", () => {
  const cordoned: V1Node = { metadata: { name: "n" }, spec: { unschedulable: true } };
  const healthy: V1Node = { metadata: { name: "n" } };
  test.each([
    { name: "it is, where it is as it was seen", seen: [cordoned], there: cordoned, stays: false },
    { name: "it is, where there is none", seen: [], there: undefined, stays: false },
    { name: "it is not, where it was uncordoned meanwhile", seen: [cordoned], there: healthy, stays: true },
    { name: "it is not, where its pod was seen before it was", seen: [], there: healthy, stays: true },
  ])("$name", async ({ seen, there, stays }) => {
    const fake = new FakeCluster();
    const store = new Store(() => undefined);
    store.nodes.sink.begin();
    for (const node of seen) store.nodes.sink.event("ADDED", node);
    store.nodes.sink.synced();
    const { cluster } = fake;
    Object.assign(cluster.surroundings, { readNode: async () => there });
    const parts = { cluster, settings: SETTINGS, store, tektonDefaults: () => ({}), me: "me" };
    await (stays
      ? expect(guardNode(parts, "n")).rejects.toThrow("is not as it was seen")
      : guardNode(parts, "n"));
    expect(store.nodes.stateOf("n") === undefined).toBe(stays);
  });
});

describe("before a run starts", () => {
  const placeholder: V1Pod = { metadata: { uid: "p" }, spec: { containers: [], nodeName: "n" } };
  test.each([
    { name: "it does, where its node takes more pods", slots: "3", there: 2, starts: true },
    { name: "it does not, where the placeholder has the last slot", slots: "3", there: 3, starts: false },
    { name: "nobody asks a node that takes many", slots: "110", there: undefined, starts: true },
  ])("$name", async ({ slots, there, starts }) => {
    const store = new Store(() => undefined);
    store.nodes.see("n", { metadata: { name: "n" }, status: { allocatable: { pods: slots } } });
    const countPodsOn = async (): Promise<number> => {
      if (there === undefined) throw new Error("asked");
      return there;
    };
    const { cluster } = new FakeCluster();
    Object.assign(cluster.surroundings, { countPodsOn });
    const parts = { cluster, settings: SETTINGS, store, tektonDefaults: () => ({}), me: "me" };
    await (starts
      ? guardSlot(parts, placeholder)
      : expect(guardSlot(parts, placeholder)).rejects.toThrow("last slot for pods of the node n"));
    const isFull = (pod: V1Pod) => store.nodes.stateFor(pod)?.isFull === true;
    expect(isFull(placeholder)).toBe(!starts);
    // It is about this pod alone, and is over when that is gone.
    expect(isFull({ ...placeholder, metadata: { uid: "q" } })).toBe(false);
    store.nodes.left(placeholder);
    expect(isFull(placeholder)).toBe(false);
  });
});
