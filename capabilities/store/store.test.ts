import { describe, expect, test } from "@jest/globals";
import type { V1ObjectMeta } from "@kubernetes/client-node";
import {
  aRun,
  childRun,
  customRunOf,
  placeholderOf,
  placeholderPodOf,
  plannedCustom,
  runPod,
  taskRunOf,
} from "../testing/builders";
import type { Reservation } from "../room/reservation";
import { hasEnded } from "../tekton/objects";
import { emptyStore, stored, ofRun, KEY } from "../testing/stored";
import { hasWholeSpec } from "./slim-run";

const held = () => aRun().held().run;
const placed = () => aRun().placed().run;
const ended = () => aRun().placed().ended().run;
const statefulSet = () => placeholderOf(held());
const placeholderPod = () => placeholderPodOf(held(), "node-1");

describe("CustomRuns", () => {
  const custom = (): Reservation => ({ ask: {}, floor: {}, firstWave: {}, tasks: [plannedCustom("ask")] });
  const ask = () => ofRun("build-ask", customRunOf("ask"), true);
  const goingOn = (reservation?: Reservation) => {
    const { store, changes } = emptyStore();
    store.statefulSet("ADDED", stored(placeholderOf(held(), reservation), 1));
    store.runs.event("ADDED", stored(placed(), 2));
    store.markRead(KEY);
    return { store, changes };
  };

  test("are seen as events tell of them, and their end is news", () => {
    const { store, changes } = goingOn(custom());
    store.customRuns.event("ADDED", stored(ask(), 3));
    const over = ofRun("build-ask", customRunOf("ask", "True"), true);
    store.customRuns.event("MODIFIED", stored(over, 4));
    store.customRuns.event("MODIFIED", stored(over, 5));
    expect(store.lookUp(KEY).observed.customRuns.map(hasEnded)).toEqual([true]);
    expect(changes.filter(change => change === "ci/build customRuns")).toHaveLength(2);
  });

  test("of runs that are over are not kept", () => {
    const { store } = emptyStore();
    store.customRuns.event("ADDED", stored(ask(), 3));
    expect(store.size).toBe(0);
    const known = goingOn(custom()).store;
    known.customRuns.event("ADDED", stored(ask(), 3));
    known.runs.event("MODIFIED", stored(ended(), 6));
    known.statefulSet("DELETED", stored(placeholderOf(held()), 7));
    expect(known.size).toBe(0);
  });

  test.each([
    { name: "with custom tasks has to be read afresh", reservation: custom(), isComplete: false },
    { name: "without any has missed nothing", reservation: undefined, isComplete: true },
  ])("after a gap in their watch a run $name", ({ reservation, isComplete }) => {
    const { store } = goingOn(reservation);
    store.customRuns.gap();
    expect(store.lookUp(KEY).isComplete).toBe(isComplete);
  });
});

describe("an object of the store", () => {
  test("is what the newest event said, in whatever order they come", () => {
    const { store } = emptyStore();
    store.runs.event("MODIFIED", stored(placed(), 9));
    store.runs.event("ADDED", stored(held(), 3));
    expect(store.lookUp(KEY).observed.run!.metadata!.resourceVersion).toBe("9");
  });

  test("is not undone by an event that is older than what was written", () => {
    const { store } = emptyStore();
    store.runs.event("ADDED", stored(held(), 99));
    store.written("run", stored(placed(), 100));
    store.runs.event("MODIFIED", stored(held(), 99));
    store.runs.event("MODIFIED", stored(held(), 9));
    expect(store.lookUp(KEY).observed.run!.spec!.status).toBeUndefined();
  });

  test("that is gone does not come back by the answer to a write", () => {
    const { store } = emptyStore();
    store.runs.event("ADDED", stored(held(), 1));
    store.runs.event("DELETED", stored(held(), 5));
    store.written("run", stored(placed(), 4));
    expect(store.lookUp(KEY).observed.run).toBeUndefined();
    expect([...store.keys()]).toEqual([]);
  });

  test("that left what its watch selects, and came back, is known again", () => {
    const { store } = emptyStore();
    store.runs.event("ADDED", stored(held(), 1));
    store.runs.event("DELETED", stored(held(), 5));
    store.runs.event("ADDED", stored(held(), 6));
    expect(store.lookUp(KEY).observed.run!.metadata!.resourceVersion).toBe("6");
  });

  test("that was told to be gone by a list older than itself is known as soon as it is read", () => {
    const { store } = emptyStore();
    store.statefulSet("ADDED", stored(placeholderOf(held()), 3));
    store.statefulSet("DELETED", stored(placeholderOf(held()), 3));
    expect(store.lookUp(KEY).observed.statefulSet).toBeUndefined();
    store.read(KEY, "statefulSet", stored(placeholderOf(held()), 3));
    expect(store.lookUp(KEY).observed.statefulSet).toBeDefined();
  });

  test("does not go with an earlier one of its name", () => {
    const { store } = emptyStore();
    const earlier = stored(held(), 1, "uid-of-an-earlier-run");
    store.runs.event("ADDED", earlier);
    store.runs.event("ADDED", stored(held(), 7));
    store.runs.event("DELETED", earlier);
    expect(store.lookUp(KEY).observed.run!.metadata!.resourceVersion).toBe("7");
  });

  test("that was found not to be there goes, but not one that came after the list", () => {
    const { store } = emptyStore();
    store.pods.event("ADDED", stored(placeholderPod(), 5));
    store.gone(KEY, "pods", placeholderPod().metadata!.name!, 4);
    expect(store.names(KEY, "pods")).toHaveLength(1);
    store.gone(KEY, "pods", placeholderPod().metadata!.name!, 5);
    expect(store.names(KEY, "pods")).toEqual([]);
  });

  test("is known by its version", () => {
    const { store } = emptyStore();
    store.runs.event("ADDED", stored(held(), 10));
    const knows = [9, 10, 11].map(version => store.knows(KEY, "run", stored(held(), version)));
    expect(knows).toEqual([true, true, false]);
  });
});

describe("a list", () => {
  test("takes out what is not in it, and leaves what is or came since it began", () => {
    const { store } = emptyStore();
    const [one, two, three] = ["one", "two", "three"].map(name => ofRun(name, held()));
    store.runs.event("ADDED", stored(one!, 1));
    store.runs.event("ADDED", stored(two!, 2));
    store.runs.begin();
    store.runs.event("ADDED", stored(two!, 2));
    store.runs.event("ADDED", stored(three!, 9));
    store.runs.synced();
    expect([...store.keys()].sort()).toEqual(["ci/three", "ci/two"]);
  });

  test("takes out nothing of another kind", () => {
    const { store } = emptyStore();
    store.statefulSet("ADDED", stored(statefulSet(), 1));
    store.runs.event("ADDED", stored(placed(), 2));
    store.pods.event("ADDED", stored(placeholderPod(), 3));
    store.taskRuns.event("ADDED", stored(ofRun("a", taskRunOf("a"), true), 4));
    store.runs.begin();
    store.runs.event("ADDED", stored(placed(), 2));
    store.runs.synced();
    const { observed } = store.lookUp(KEY);
    expect([observed.pods.length, observed.taskRuns.length]).toEqual([1, 1]);
    expect(observed.statefulSet).toBeDefined();
  });
});

describe("what is over", () => {
  test("and whose placeholder was made anew meanwhile is read: nothing told of both", () => {
    const { store } = emptyStore();
    store.statefulSet("ADDED", stored(statefulSet(), 1));
    store.runs.event("ADDED", stored(placed(), 2));
    store.pods.event("ADDED", stored(ofRun("p", runPod("Running"), true), 3));
    store.markRead(KEY);
    store.statefulSet("DELETED", stored(statefulSet(), 4));
    store.runs.event("MODIFIED", stored(ended(), 6));
    // The answer to the write comes after the event of the end.
    store.statefulSet("ADDED", stored(statefulSet(), 5, "made-anew"));
    expect(store.lookUp(KEY).isComplete).toBe(false);
    store.read(KEY, "run", stored(ended(), 6));
    store.markRead(KEY);
    expect(store.lookUp(KEY)).toMatchObject({ isComplete: true, observed: { run: {}, statefulSet: {} } });
  });

  test("leaves with its TaskRuns and children, once its placeholder is gone", () => {
    const { store } = emptyStore();
    store.statefulSet("ADDED", stored(statefulSet(), 1));
    store.runs.event("ADDED", stored(placed(), 2));
    store.taskRuns.event("ADDED", stored(ofRun("a", taskRunOf("a"), true), 3));
    store.runs.event("ADDED", stored(ofRun("inner", aRun().child().run, true), 4));
    expect(store.lookUp(KEY).observed.children).toHaveLength(1);
    store.runs.event("MODIFIED", stored(ended(), 9));
    expect(store.size).toBe(1);
    store.statefulSet("DELETED", stored(statefulSet(), 10));
    expect(store.size).toBe(0);
  });

  test("is kept for as long as a pod of it is there, by that alone", () => {
    const { store } = emptyStore();
    store.statefulSet("ADDED", stored(statefulSet(), 1));
    store.runs.event("ADDED", stored(placed(), 2));
    store.pods.event("ADDED", stored(ofRun("p", runPod("Running"), true), 3));
    store.runs.event("MODIFIED", stored(ended(), 9));
    store.statefulSet("DELETED", stored(statefulSet(), 10));
    expect(store.lookUp(KEY).observed).toMatchObject({ run: undefined, pods: [{}] });
    store.pods.event("DELETED", stored(ofRun("p", runPod("Running"), true), 11));
    expect(store.size).toBe(0);
  });

  test("and has no placeholder is not kept at all", () => {
    const { store } = emptyStore();
    store.runs.event("ADDED", stored(ended(), 1));
    expect(store.size).toBe(0);
  });

  test("is remembered by UID where it was never let go, for lists of names do not tell", () => {
    const { store } = emptyStore();
    store.runs.event("ADDED", stored(aRun().held().ended("False").run, 1));
    store.runs.event("ADDED", stored(ofRun("other", ended()), 2));
    expect(store.isKnownToBeOver(held())).toBe(true);
    expect(store.isKnownToBeOver(ofRun("other", ended()))).toBe(false);
  });
});

describe("what is not asked for", () => {
  test("TaskRuns and children of runs that are not known are not kept", () => {
    const { store, changes } = emptyStore();
    store.taskRuns.event("ADDED", stored(ofRun("a", taskRunOf("a"), true), 1));
    store.runs.event("ADDED", stored(ofRun("inner", aRun().child().run, true), 2));
    expect([store.size, changes]).toEqual([0, []]);
  });

  test("objects whose labels do not fit together are nobody's", () => {
    const { store } = emptyStore();
    const pod = stored(ofRun("p", runPod("Running"), true), 1);
    pod.metadata!.labels!["pod-affinity.tekton.dev/placeholder"] = "of-somebody-else";
    store.pods.event("ADDED", pod);
    expect(store.size).toBe(0);
  });

  test("pods of runs that are not known are kept: their run may be about to come", () => {
    const { store } = emptyStore();
    store.pods.event("ADDED", stored(ofRun("p", runPod("Running"), true), 1));
    expect([...store.keys()]).toEqual([]);
    store.runs.event("ADDED", stored(placed(), 2));
    expect(store.lookUp(KEY).observed.pods).toHaveLength(1);
  });

  test("a change of what no decision reads calls nobody", () => {
    const { store, changes } = emptyStore();
    store.runs.event("ADDED", stored(held(), 1));
    store.pods.event("ADDED", stored(placeholderPod(), 2));
    const seen = changes.length;
    const again = stored(held(), 3);
    again.metadata!.finalizers = ["example.com/kept"];
    again.metadata!.managedFields = [{ manager: "somebody" }];
    store.runs.event("MODIFIED", again);
    const pod = stored(placeholderPod(), 4);
    pod.status!.hostIP = "192.0.2.1";
    store.pods.event("MODIFIED", pod);
    expect(changes).toHaveLength(seen);
    expect(store.knows(KEY, "pods", pod)).toBe(true);
  });

  test("a change of what a decision reads calls, with the run that it is about", () => {
    const { store, changes } = emptyStore();
    store.runs.event("ADDED", stored(held(), 1));
    store.pods.event("ADDED", stored(placeholderPodOf(held()), 2));
    store.pods.event("MODIFIED", stored(placeholderPod(), 3));
    store.pods.event("DELETED", stored(placeholderPod(), 4));
    expect(changes).toEqual(["ci/build run", "ci/build pods", "ci/build pods", "ci/build pods"]);
  });
});

describe("a picture of a run is complete", () => {
  const isComplete = (store: ReturnType<typeof emptyStore>["store"]) => store.lookUp(KEY).isComplete;

  test("when the run was seen before it was let go: it had made nothing", () => {
    const { store } = emptyStore();
    store.pods.event("ADDED", stored(placeholderPod(), 1));
    expect(isComplete(store)).toBe(false);
    store.runs.event("ADDED", stored(held(), 2));
    expect(isComplete(store)).toBe(true);
    store.runs.event("MODIFIED", stored(placed(), 3));
    expect(isComplete(store)).toBe(true);
  });

  test("when one that was let go before has been read afresh", () => {
    const { store } = emptyStore();
    store.runs.event("ADDED", stored(placed(), 1));
    expect(isComplete(store)).toBe(false);
    store.markRead(KEY);
    expect(isComplete(store)).toBe(true);
  });

  test("when nothing is known of it", () => expect(isComplete(emptyStore().store)).toBe(true));

  test("no longer, when something showed that it is not what is", () => {
    const { store } = emptyStore();
    store.runs.event("ADDED", stored(held(), 1));
    store.markStale(KEY);
    expect(isComplete(store)).toBe(false);
    store.markRead(KEY);
    expect(isComplete(store)).toBe(true);
  });

  test("no longer, after a gap of a watch, when its TaskRuns may have been missed", () => {
    const { store } = emptyStore();
    store.runs.event("ADDED", stored(held(), 1));
    store.taskRuns.gap();
    expect(isComplete(store)).toBe(true);
    store.runs.event("MODIFIED", stored(placed(), 2));
    store.taskRuns.gap();
    expect(isComplete(store)).toBe(false);
  });

  test("not by what was known of an earlier run of its name, whose pods are still there", () => {
    const { store } = emptyStore();
    store.runs.event("ADDED", stored(held(), 1, "uid-of-an-earlier-run"));
    store.pods.event("ADDED", stored(ofRun("p", runPod("Running"), true), 2));
    store.runs.event("DELETED", stored(held(), 3, "uid-of-an-earlier-run"));
    store.runs.event("ADDED", stored(placed(), 9));
    expect(isComplete(store)).toBe(false);
  });

  test("and whole while the run is held, unless it is too long", () => {
    const { store } = emptyStore();
    store.runs.event("ADDED", stored(held(), 1));
    expect(store.lookUp(KEY).isWhole).toBe(true);
    expect(hasWholeSpec(store.lookUp(KEY).observed.run!)).toBe(true);
    store.runs.event("MODIFIED", stored(placed(), 2));
    expect(store.lookUp(KEY).isWhole).toBe(false);
  });
});

describe("since when a StatefulSet has been without its pod", () => {
  const since = (store: ReturnType<typeof emptyStore>["store"]) => store.lookUp(KEY).observed.podMissingSince;

  test("is known from when it was seen so, and forgotten when the pod is there", () => {
    const { store } = emptyStore();
    store.pods.event("ADDED", stored(placeholderPod(), 1));
    expect(since(store)).toBeUndefined();
    store.statefulSet("ADDED", stored(statefulSet(), 2));
    expect(since(store)).toBeUndefined();
    store.pods.event("DELETED", stored(placeholderPod(), 3));
    const first = since(store);
    expect(first!.getTime()).toBeGreaterThan(Date.now() - 60_000);
    store.pods.event("ADDED", stored(ofRun("p", runPod("Running"), true), 4));
    expect(since(store)).toBe(first);
    store.pods.event("ADDED", stored(placeholderPod(), 5, "uid-of-the-next"));
    expect(since(store)).toBeUndefined();
  });
});

test("children are known by their root, and count with its objects", () => {
  const { store } = emptyStore();
  store.runs.event("ADDED", stored(held(), 1));
  const child = aRun().child().run;
  store.runs.event("ADDED", stored(ofRun("build-inner", { ...childRun("inner"), ...child }, true), 2));
  expect(
    store.lookUp(KEY).observed.children.map(({ metadata }: { metadata?: V1ObjectMeta }) => metadata!.name),
  ).toEqual(["build-inner"]);
  expect(store.lookUp({ ...KEY, name: "build-inner" }).observed.run).toBeUndefined();
});
