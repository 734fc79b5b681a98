import { expect, test } from "@jest/globals";
import type { V1ObjectMeta, V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { HELD_LABEL, OPTED_IN_LATE, RESERVATION_ANNOTATION } from "../keys";
import { aRun, placeholderOf, placeholderPodOf, runPod, taskRunOf } from "../testing/builders";
import { FakeCluster } from "../testing/fake-cluster";
import { emptyStore, KEY, ofRun, stored } from "../testing/stored";
import { asText, type RunKey } from "../tekton/run-key";
import { compare } from "./compare";
import type { Store } from "./store";

const held = () => aRun().held().run;
const late = () => aRun().label(HELD_LABEL, OPTED_IN_LATE).run;
const statefulSet = () => stored(placeholderOf(held()), 1);
const run = (version = 2) => stored(held(), version);
const pod = (version = 3) => stored(placeholderPodOf(held(), "node-1"), version);

function newer(metadata: V1ObjectMeta): V1StatefulSet {
  const statefulSet = stored(placeholderOf(held()), 9);
  return { ...statefulSet, metadata: { ...statefulSet.metadata, ...metadata } };
}

/** A store and a cluster that hold the same. */
function alike(): { store: Store; fake: FakeCluster } {
  const { store } = emptyStore();
  const fake = new FakeCluster();
  store.statefulSet("ADDED", (fake.statefulSet = statefulSet()));
  store.runs.event("ADDED", (fake.run = run()));
  fake.pods = [pod()];
  store.pods.event("ADDED", fake.pods[0]!);
  return { store, fake };
}

async function differing(store: Store, fake: FakeCluster, meanwhile = () => {}): Promise<string[]> {
  const found: string[] = [];
  const pause = () => Promise.resolve(meanwhile());
  await compare(fake.cluster, store, (key: RunKey) => found.push(asText(key)), { pause });
  return [...new Set(found)];
}

test("what is as the watches have told it differs in nothing, and stays complete", async () => {
  const { store, fake } = alike();
  expect(await differing(store, fake)).toEqual([]);
  expect(store.lookUp(KEY).isComplete).toBe(true);
});

test.each<{ name: string; change: (fake: FakeCluster) => void }>([
  { name: "a StatefulSet has gone", change: fake => (fake.statefulSet = undefined) },
  { name: "a StatefulSet's spec is newer", change: fake => (fake.statefulSet = newer({ generation: 2 })) },
  {
    name: "a StatefulSet's annotations are newer",
    change: fake => (fake.statefulSet = newer({ annotations: { [RESERVATION_ANNOTATION]: "{}" } })),
  },
  {
    name: "a StatefulSet is going",
    change: fake => (fake.statefulSet = newer({ deletionTimestamp: new Date() })),
  },
  { name: "a StatefulSet is another one", change: fake => (fake.statefulSet = newer({ uid: "other" })) },
  { name: "a run has gone", change: fake => (fake.run = undefined) },
  { name: "a run is newer", change: fake => (fake.run = run(9)) },
  { name: "a pod has gone", change: fake => (fake.pods = []) },
  { name: "a pod is newer", change: fake => (fake.pods = [pod(9)]) },
  {
    name: "a pod has come",
    change: fake => fake.pods.push(stored(ofRun("p", runPod("Running"), true), 9)),
  },
])("$name, and no event told of it: the run is to be read afresh", async ({ change }) => {
  const { store, fake } = alike();
  change(fake);
  expect(await differing(store, fake)).toEqual(["ci/build"]);
  expect(store.lookUp(KEY).isComplete).toBe(false);
});

test("a run of which nothing but its placeholder is known is to be read afresh", async () => {
  const { store } = emptyStore();
  const fake = new FakeCluster();
  store.statefulSet("ADDED", (fake.statefulSet = statefulSet()));
  store.markRead(KEY);
  fake.run = stored(aRun().placed().ended().run, 9);
  expect(await differing(store, fake)).toEqual(["ci/build"]);
});

test("a StatefulSet's version changes with its status, which is never asked for: no difference", async () => {
  const { store, fake } = alike();
  fake.statefulSet = newer({ annotations: { ...statefulSet().metadata!.annotations, other: "x" } });
  expect(await differing(store, fake)).toEqual([]);
  expect(store.lookUp(KEY).isComplete).toBe(true);
});

test("what a watch tells a moment after the list is no difference", async () => {
  const { store, fake } = alike();
  fake.run = run(9);
  const tell = () => store.runs.event("MODIFIED", run(9));
  expect(await differing(store, fake, tell)).toEqual([]);
});

/** What a watch tells at one of the pauses after another, the next of it at every fifth. */
function lateWatch(store: Store, pods: V1Pod[]): () => void {
  let pauses = 0;
  return () => {
    const pod = ++pauses % 5 === 0 ? pods.shift() : undefined;
    if (pod !== undefined) store.pods.event("ADDED", pod);
  };
}

test.each([
  { of: "and tell all in the end", told: 20, expected: [] },
  { of: "but never tell the last", told: 19, expected: ["ci/build"] },
])("watches that are late catch up, $of: $expected", async ({ told, expected }) => {
  const { store, fake } = alike();
  const later = Array.from({ length: 20 }, (_, at) => stored(ofRun(`p-${at}`, runPod("Running"), true), 9));
  fake.pods.push(...later);
  expect(await differing(store, fake, lateWatch(store, later.slice(0, told)))).toEqual(expected);
});

test("a watch that is late for ever is not waited for", async () => {
  const { store, fake } = alike();
  const later = Array.from({ length: 200 }, (_, at) => stored(ofRun(`p-${at}`, runPod("Running"), true), 9));
  fake.pods.push(...later);
  expect(await differing(store, fake, lateWatch(store, [...later]))).toEqual(["ci/build"]);
});

test("who acts no more waits for no watch, and has nothing read", async () => {
  const { store, fake } = alike();
  fake.run = run(9);
  let pauses = 0;
  const pause = async () => ++pauses;
  const found: RunKey[] = [];
  await compare(fake.cluster, store, key => found.push(key), { pause, isOn: () => pauses === 0 });
  expect({ pauses, found }).toEqual({ pauses: 1, found: [] });
});

test("what has come since the list began is not taken for gone", async () => {
  const { store, fake } = alike();
  const eachName = fake.eachName;
  fake.eachName = (kind, selectors, see) => {
    if (kind === "pods") store.pods.event("ADDED", stored(ofRun("p", runPod("Running"), true), 9));
    return eachName(kind, selectors, see);
  };
  expect(await differing(store, fake)).toEqual([]);
});

test("a run that was opted in too late, and is known, is no difference", async () => {
  const { store } = emptyStore();
  const fake = new FakeCluster();
  fake.run = stored(late(), 2);
  store.runs.event("ADDED", fake.run);
  store.markRead(KEY);
  expect(await differing(store, fake)).toEqual([]);
});

test.each([
  { name: "a run that is held", of: () => stored(held(), 9), expected: ["ci/build"] },
  { name: "one that was let go: it is over", of: () => stored(aRun().placed().run, 9), expected: [] },
  { name: "one that was opted in too late", of: () => stored(late(), 9), expected: [] },
  { name: "a child", of: () => stored(aRun().held().child().run, 9), expected: [] },
])("of runs that nothing is known of, $name: $expected", async ({ of, expected }) => {
  const { store } = emptyStore();
  const fake = new FakeCluster();
  fake.run = of();
  expect(await differing(store, fake)).toEqual(expected);
});

test.each([
  { of: "a run that has ended", ends: () => aRun().placed().ended().run, expected: ["ci/build"] },
  { of: "a run that goes on", ends: () => aRun().placed().run, expected: [] },
])("$of, whose TaskRun is said to be under way: $expected", async ({ ends, expected }) => {
  const { store, fake } = alike();
  store.taskRuns.event("ADDED", stored(ofRun("t", taskRunOf("t"), true), 8));
  fake.run = stored(ends(), 9);
  store.runs.event("MODIFIED", fake.run);
  expect(await differing(store, fake)).toEqual(expected);
  expect(store.lookUp(KEY).isComplete).toBe(expected.length === 0);
});

test("a run that was held to its end, and is known to be over, is not read again", async () => {
  const { store } = emptyStore();
  const fake = new FakeCluster();
  const over = stored(aRun().held().ended("False").run, 9);
  store.runs.event("ADDED", over);
  fake.run = over;
  expect(await differing(store, fake)).toEqual([]);
});
