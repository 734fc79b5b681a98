import { expect, test } from "@jest/globals";
import { aRun, placeholderOf, placeholderPodOf, runPod } from "../testing/builders";
import { FakeCluster } from "../testing/fake-cluster";
import { emptyStore, KEY, ofRun, stored } from "../testing/stored";
import { readAfresh } from "./read-afresh";

const held = () => aRun().held().run;

function knowing() {
  const { store } = emptyStore();
  store.statefulSet("ADDED", stored(placeholderOf(held()), 1));
  store.runs.event("ADDED", stored(held(), 2));
  store.pods.event("ADDED", stored(placeholderPodOf(held()), 3));
  store.markStale(KEY);
  return { store, fake: new FakeCluster() };
}

test("what is there is known, and what is not there is gone", async () => {
  const { store, fake } = knowing();
  fake.run = stored(aRun().placed().run, 10);
  fake.pods = [stored(ofRun("p", runPod("Running"), true), 11)];
  await readAfresh(KEY, fake.cluster, store);
  const { observed, isComplete } = store.lookUp(KEY);
  expect(isComplete).toBe(true);
  expect(observed.run!.metadata!.resourceVersion).toBe("10");
  expect(observed.statefulSet).toBeUndefined();
  expect(observed.pods.map(({ metadata }) => metadata!.name)).toEqual(["p"]);
});

test("of a run that is gone with its placeholder nothing is left", async () => {
  const { store, fake } = knowing();
  await readAfresh(KEY, fake.cluster, store);
  expect(store.size).toBe(0);
});

test("what came, or changed, while it was read is not taken for gone", async () => {
  const { store, fake } = knowing();
  const readAll = fake.readAll;
  fake.readAll = async () => {
    const fresh = await readAll();
    store.runs.event("MODIFIED", stored(held(), 5000));
    store.statefulSet("MODIFIED", stored(placeholderOf(held()), 5001));
    store.pods.event("ADDED", stored(ofRun("p", runPod("Running"), true), 5002));
    return fresh;
  };
  await readAfresh(KEY, fake.cluster, store);
  const { observed } = store.lookUp(KEY);
  expect(observed.run).toBeDefined();
  expect(observed.statefulSet).toBeDefined();
  expect(observed.pods.map(({ metadata }) => metadata!.name)).toEqual(["p"]);
});

test("a read that fails leaves the picture as it was, to be read again", async () => {
  const { store, fake } = knowing();
  fake.fails.set("readAll", new Error("socket hang up"));
  await expect(readAfresh(KEY, fake.cluster, store)).rejects.toThrow();
  expect(store.lookUp(KEY)).toMatchObject({ isComplete: false, observed: { run: {} } });
});
