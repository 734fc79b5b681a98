import { beforeAll, describe, expect, test } from "@jest/globals";
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { Log } from "pepr";
import { KEY_PREFIX } from "../keys";
import { aRun, placeholderOf, placeholderPodOf, runPod, SETTINGS } from "../testing/builders";
import { answer, FakeCluster } from "../testing/fake-cluster";
import { tektonDefaultsOf } from "../demand/tekton-defaults";
import { emptyStore, KEY, ofRun, stored } from "../testing/stored";
import type { PipelineRun } from "../tekton/objects";
import { Reconciler } from "./reconcile";

beforeAll(() => void (Log.level = "silent"));

interface There {
  run?: PipelineRun;
  statefulSet?: V1StatefulSet;
  pods?: V1Pod[];
}

/** A reconciler whose store knows what is there. */
function reconcilerOf({ run, statefulSet, pods = [] }: There) {
  const fake = new FakeCluster();
  const { store } = emptyStore();
  store.coschedule = "disabled";
  if (statefulSet !== undefined) store.statefulSet("ADDED", (fake.statefulSet = stored(statefulSet, 1)));
  if (run !== undefined) store.runs.event("ADDED", (fake.run = stored(run, 2)));
  fake.pods = pods.map((pod, index) => stored(pod, 3 + index));
  for (const pod of fake.pods) store.pods.event("ADDED", pod);
  store.markRead(KEY);
  const { cluster } = fake;
  const reconciler = new Reconciler({ cluster, settings: SETTINGS, store, tektonDefaults: () => ({}) });
  return { reconciler, fake, store };
}

const bound = (run: PipelineRun): There => ({
  run,
  statefulSet: placeholderOf(run),
  pods: [placeholderPodOf(run, "node-1")],
});
const pending = (onTimeout: string, created: Date) =>
  aRun()
    .held()
    .created(created)
    .annotation(`${KEY_PREFIX}placement-timeout`, "10m")
    .annotation(`${KEY_PREFIX}on-timeout`, onTimeout);
const now = () => new Date();
const longAgo = new Date("2026-01-01T00:00:00Z");

test("a placeholder is made from what pods of single tasks demand, and from Tekton's defaults", async () => {
  const tasks = ["boxed", "plain"].map(name => ({ name, taskSpec: { steps: [{ name: "s" }] } }));
  const taskRunSpecs = [{ pipelineTaskName: "boxed", podTemplate: { runtimeClassName: "box" } }];
  const { run } = aRun()
    .held()
    .spec({ pipelineSpec: { tasks }, taskRunSpecs } as object);
  const { fake, store } = reconcilerOf({ run });
  const box = { handler: "h", scheduling: { nodeSelector: { sandbox: "yes" } } };
  fake.runtimeClasses = () => Promise.resolve(new Map([["box", box]]));
  const tektonDefaults = () =>
    tektonDefaultsOf({ "default-container-resource-requirements": "default: {requests: {cpu: 700m}}" });
  await new Reconciler({ cluster: fake.cluster, settings: SETTINGS, store, tektonDefaults }).reconcile(
    KEY,
    0,
  );
  const { nodeSelector, containers } = fake.statefulSet!.spec!.template.spec!;
  expect(nodeSelector).toEqual({ sandbox: "yes" });
  expect(containers[0]!.resources!.requests).toMatchObject({ cpu: "1400m" });
});

describe("a step", () => {
  test("to release a run costs one write and no read", async () => {
    const { reconciler, fake } = reconcilerOf(bound(aRun().held().run));
    await reconciler.reconcile(KEY, 0);
    expect(fake.asked).toEqual(["release"]);
  });

  test("to make a placeholder is followed by none before its pod has a node", async () => {
    const { reconciler, fake, store } = reconcilerOf({ run: aRun().held().run });
    await reconciler.reconcile(KEY, 0);
    const inOrder = ["demandSources", "runtimeClasses", "priorities", "storageFor", "create", "warn"];
    expect(fake.asked).toEqual(inOrder.filter(one => fake.asked.includes(one)));
    expect(fake.asked).toContain("create");
    expect(store.lookUp(KEY).observed.statefulSet).toBeDefined();
  });

  test("where the picture has a gap, is decided on what is read afresh", async () => {
    const { reconciler, fake, store } = reconcilerOf(bound(aRun().held().run));
    fake.run = stored(aRun().placed().ended().run, 50);
    fake.statefulSet = undefined;
    fake.pods = [];
    store.markStale(KEY);
    await reconciler.reconcile(KEY, 0);
    expect(fake.asked).toEqual(["readAll"]);
    expect(store.size).toBe(0);
  });
});

describe("a policy that raises the requests of StatefulSets", () => {
  test("does not hold a run whose placeholder is to be settled", async () => {
    const cache = { topologyKey: "zone", labelSelector: { matchLabels: { app: "cache" } } };
    const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [cache] } };
    const { run } = aRun()
      .held()
      .spec({ taskRunTemplate: { podTemplate: { affinity } } });
    const { reconciler, fake } = reconcilerOf(bound(run));
    fake.policy = statefulSet => {
      const raised = structuredClone(statefulSet);
      raised.spec!.template.spec!.containers[0]!.resources = { requests: { cpu: "2", memory: "2Gi" } };
      return raised;
    };
    await reconciler.reconcile(KEY, 0);
    expect(fake.asked).toEqual(["changeTemplate", "release"]);
  });
});

describe("a step that fails becomes one that people see", () => {
  const denied = answer(403, 'admission webhook "w" denied the request: no changes on Fridays');
  const forbidden = answer(403, 'limitranges is forbidden: User "x" cannot list resource "limitranges"');

  test.each([
    {
      name: "a webhook denies the release patch",
      there: bound(pending("wait", now()).run),
      fails: "release",
      error: denied,
      says: "no changes on Fridays",
    },
    {
      name: "the namespace's LimitRanges cannot be read",
      there: { run: pending("wait", now()).run },
      fails: "demandSources",
      error: forbidden,
      says: 'cannot list resource "limitranges"',
    },
    {
      name: "the run's fields are not what they should be",
      there: { run: pending("wait", now()).run },
      fails: "storageFor",
      error: new TypeError("names is not iterable"),
      says: "names is not iterable",
    },
  ])("$name", async ({ there, fails, error, says }) => {
    const { reconciler, fake } = reconcilerOf(there);
    fake.fails.set(fails, error);
    await expect(reconciler.reconcile(KEY, 0)).rejects.toBe(error);
    expect(fake.told).toMatchObject([{ reason: "StepFailed" }]);
    expect(fake.told[0]!.message).toContain(says);
    // Tried again, it is told no second time.
    await expect(reconciler.reconcile(KEY, 1)).rejects.toBe(error);
    expect(fake.told).toHaveLength(1);
  });

  const nothing = { requiredDuringSchedulingIgnoredDuringExecution: {} as never };
  test.each([
    { name: "podAffinity", affinity: { podAffinity: nothing } },
    { name: "podAntiAffinity", affinity: { podAntiAffinity: nothing } },
    { name: "nodeAffinity", affinity: { nodeAffinity: nothing } },
  ])("$name.requiredDuringSchedulingIgnoredDuringExecution: {} in a pod template", async ({ affinity }) => {
    const { run } = pending("wait", now()).spec({ taskRunTemplate: { podTemplate: { affinity } } });
    const { reconciler, fake } = reconcilerOf({ run });
    // The API server's own words, where the placeholder can be asked for at all.
    fake.fails.set("create", answer(400, "json: cannot unmarshal object"));
    await expect(reconciler.reconcile(KEY, 0)).rejects.toThrow();
    expect(fake.told).toMatchObject([{ reason: "StepFailed" }]);
  });

  test.each([
    { onTimeout: "run-anyway", takes: "letGo" },
    { onTimeout: "cancel", takes: "cancel" },
  ])("at its placement-timeout, on-timeout $onTimeout applies", async ({ onTimeout, takes }) => {
    const { reconciler, fake } = reconcilerOf({ run: pending(onTimeout, longAgo).run });
    fake.fails.set("demandSources", forbidden);
    await expect(reconciler.reconcile(KEY, 0)).rejects.toBe(forbidden);
    expect(fake.asked.at(-1)).toBe(takes);
    expect(fake.told.map(({ reason }) => reason)).toEqual(["StepFailed", "PlacementTimedOut"]);
  });

  test("an API server that is away for a moment is no news", async () => {
    const { reconciler, fake } = reconcilerOf(bound(pending("wait", now()).run));
    fake.fails.set("release", new Error("socket hang up"));
    for (const tries of [0, 1]) await expect(reconciler.reconcile(KEY, tries)).rejects.toThrow();
    expect(fake.told).toEqual([]);
    await expect(reconciler.reconcile(KEY, 2)).rejects.toThrow();
    expect(fake.told).toMatchObject([{ reason: "StepFailed" }]);
  });

  test("what fails while it is told is not thrown in its place", async () => {
    const { reconciler, fake } = reconcilerOf(bound(pending("wait", now()).run));
    fake.fails.set("release", denied).set("warn", answer(500, "away"));
    await expect(reconciler.reconcile(KEY, 0)).rejects.toBe(denied);
  });

  test("a run that has changed meanwhile is read afresh, and nobody is told", async () => {
    const { reconciler, fake, store } = reconcilerOf(bound(pending("wait", now()).run));
    fake.fails.set("release", answer(409, "the object has been modified"));
    await expect(reconciler.reconcile(KEY, 0)).rejects.toThrow();
    expect(fake.told).toEqual([]);
    expect(store.lookUp(KEY).isComplete).toBe(false);
  });
});

describe("contradicting pod templates", () => {
  const contradicting = (builder: ReturnType<typeof aRun>) =>
    builder.spec({
      taskRunTemplate: { podTemplate: { nodeSelector: { pool: "a" } } },
      taskRunSpecs: [{ podTemplate: { nodeSelector: { pool: "b" } } }],
    }).run;

  test("are told, each of them, and the run waits", async () => {
    const { reconciler, fake } = reconcilerOf({ run: contradicting(pending("cancel", now())) });
    expect(await reconciler.reconcile(KEY, 0)).toBeGreaterThan(0);
    expect(fake.told).toMatchObject([{ reason: "ContradictingPodTemplates" }]);
    expect(fake.told[0]!.message).toContain("pool=a");
    expect(fake.asked).not.toContain("create");
  });

  test("end at the placement-timeout", async () => {
    const { reconciler, fake } = reconcilerOf({ run: contradicting(pending("cancel", longAgo)) });
    await reconciler.reconcile(KEY, 0);
    expect(fake.asked.at(-1)).toBe("cancel");
    expect(fake.told.at(-1)!.message).toContain("pool=a");
  });
});

describe("before a placeholder is deleted", () => {
  const ended = aRun().placed().ended().run;
  const there = { run: ended, statefulSet: placeholderOf(ended), pods: [placeholderPodOf(ended, "node-1")] };

  test("the run's pods are read once more, and it goes when there is none", async () => {
    const { reconciler, fake } = reconcilerOf(there);
    await reconciler.reconcile(KEY, 0);
    expect(fake.asked).toEqual(["activePods", "delete"]);
  });

  test("it stays, where a pod is active that no event has told of; nobody is told of a fault", async () => {
    const { reconciler, fake } = reconcilerOf(there);
    fake.pods = [stored(ofRun("p", runPod("Running"), true), 60)];
    await expect(reconciler.reconcile(KEY, 0)).rejects.toThrow("active");
    expect(fake.asked).toEqual(["activePods"]);
    expect(fake.told).toEqual([]);
    // It is in the store now: the next look waits for its end, and asks nothing.
    expect(await reconciler.reconcile(KEY, 1)).toBeUndefined();
    expect(fake.asked).toEqual(["activePods"]);
  });

  test("it stays, where its run is not gone after all", async () => {
    const { reconciler, fake } = reconcilerOf({ statefulSet: placeholderOf(ended) });
    fake.run = stored(aRun().placed().run, 70);
    await reconciler.reconcile(KEY, 0).catch(() => undefined);
    expect(fake.asked).not.toContain("delete");
  });
});
