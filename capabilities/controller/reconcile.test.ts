import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { Log } from "pepr";
import { KEY_PREFIX } from "../keys";
import { aRun, placeholderOf, placeholderPodOf, runPod, SETTINGS, withRecord } from "../testing/builders";
import { answer, FakeCluster } from "../testing/fake-cluster";
import { tektonDefaultsOf } from "../demand/tekton-defaults";
import { emptyStore, KEY, ofRun, stored } from "../testing/stored";
import type { PipelineRun } from "../tekton/objects";
import { recordOf } from "../placement/record";
import { reservationOf } from "../room/placeholder-size";
import { attemptsOf, LARGE_CHARACTERS } from "./attempts";
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
  const parts = { cluster: fake.cluster, settings: SETTINGS, store, me: "me" };
  const reconciler = new Reconciler({ ...parts, tektonDefaults: () => ({}) });
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
/** Its placeholder is settled only once it has its node. */
function besideCache(): PipelineRun {
  const cache = { topologyKey: "zone", labelSelector: { matchLabels: { app: "cache" } } };
  const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [cache] } };
  return aRun()
    .held()
    .spec({ taskRunTemplate: { podTemplate: { affinity } } }).run;
}

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
  fake.surroundings.runtimeClasses = () => Promise.resolve(new Map([["box", box]]));
  const tektonDefaults = () =>
    tektonDefaultsOf({ "default-container-resource-requirements": "default: {requests: {cpu: 700m}}" });
  const parts = { cluster: fake.cluster, settings: SETTINGS, store, me: "me" };
  await new Reconciler({ ...parts, tektonDefaults }).reconcile(KEY, 0);
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
    const inOrder = ["demandSources", "runtimeClasses", "priorities", "storageFor", "warn", "create"];
    expect(fake.asked).toEqual(inOrder.filter(one => fake.asked.includes(one)));
    expect(fake.asked).toContain("create");
    expect(store.lookUp(KEY).observed.statefulSet).toBeDefined();
  });

  describe("of a placeholder whose StatefulSet's controller is behind with the pod", () => {
    beforeEach(() => void jest.useFakeTimers({ now: Date.now(), doNotFake: ["setImmediate", "nextTick"] }));
    afterEach(() => void jest.useRealTimers());

    const justMade = () => {
      const { run } = aRun().held();
      const statefulSet = placeholderOf(run);
      statefulSet.metadata!.creationTimestamp = now();
      return reconcilerOf({ run, statefulSet });
    };
    const late = () => {
      const there = justMade();
      jest.advanceTimersByTime(150);
      return there;
    };

    test("makes it, as that would", async () => {
      const { reconciler, fake, store } = late();
      await reconciler.reconcile(KEY, 0);
      expect(fake.asked).toEqual(["readStatefulSet", "createPod"]);
      expect(store.lookUp(KEY).observed.pods).toMatchObject([
        { metadata: { ownerReferences: [{ kind: "StatefulSet", controller: true }] } },
      ]);
    });

    test("reads nothing where it has made the StatefulSet itself", async () => {
      const { reconciler, fake } = reconcilerOf({ run: aRun().held().run });
      const created = { uid: "uid", generation: 1, creationTimestamp: now() };
      fake.policy = ({ metadata, ...made }) => ({ ...made, metadata: { ...metadata, ...created } });
      await reconciler.reconcile(KEY, 0);
      jest.advanceTimersByTime(150);
      await reconciler.reconcile(KEY, 0);
      expect(fake.asked.at(-1)).toBe("createPod");
      expect(fake.asked).not.toContain("readStatefulSet");
      expect(fake.pods[0]!.spec!.containers).toEqual(fake.statefulSet!.spec!.template.spec!.containers);
    });

    test("reads no Events before it has tried itself, however late it comes to that, and then does", async () => {
      const { reconciler, fake } = reconcilerOf({ run: aRun().held().run });
      const created = { uid: "uid", generation: 1, creationTimestamp: now() };
      fake.policy = ({ metadata, ...made }) => ({ ...made, metadata: { ...metadata, ...created } });
      fake.refusesPods = "exceeded quota: few";
      await reconciler.reconcile(KEY, 0);
      jest.advanceTimersByTime(5_000);
      await reconciler.reconcile(KEY, 0);
      expect(fake.asked.at(-1)).toBe("createPod");
      expect(fake.asked).not.toContain("podRefusal");
      jest.advanceTimersByTime(4_000);
      await reconciler.reconcile(KEY, 0);
      expect(fake.asked).toContain("podRefusal");
    });

    test("does nothing a moment earlier", async () => {
      const { reconciler, fake } = justMade();
      expect(await reconciler.reconcile(KEY, 0)).toBeLessThanOrEqual(100);
      expect(fake.asked).toEqual([]);
    });

    test("says nothing of what refuses it: that may let the controller's through, whose Events are read next", async () => {
      const { reconciler, fake } = late();
      fake.refusesPods = "exceeded quota: few";
      expect(await reconciler.reconcile(KEY, 0)).toBeLessThanOrEqual(4000);
      expect(fake.asked.filter(one => one === "createPod")).toHaveLength(1);
      expect(fake.told).toEqual([]);
    });
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

describe("where more has been decided of a placeholder than the store keeps", () => {
  const terms = Array.from({ length: 400 }, (_, index) => ({
    matchExpressions: [{ key: "pool", operator: "In", values: [`${index}-${"x".repeat(40)}`] }],
  }));
  const there = (): There => {
    const seen = bound(besideCache());
    seen.statefulSet!.spec!.template.spec!.affinity!.nodeAffinity = {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
    };
    return seen;
  };

  test("it is read before its template changes, and nothing is lost", async () => {
    const { reconciler, fake } = reconcilerOf(there());
    await reconciler.reconcile(KEY, 0);
    expect(fake.asked).toEqual(["readStatefulSet", "changeTemplate", "release"]);
    const { nodeAffinity } = fake.statefulSet!.spec!.template.spec!.affinity!;
    expect(nodeAffinity!.requiredDuringSchedulingIgnoredDuringExecution!.nodeSelectorTerms).toEqual(terms);
  });

  test("no step follows once the controller does not act any more", async () => {
    const { reconciler, fake } = reconcilerOf(there());
    await reconciler.reconcile(KEY, 0, () => fake.asked.length === 0);
    expect(fake.asked).toEqual(["readStatefulSet", "changeTemplate"]);
  });

  test("one that has changed since it was seen is not written", async () => {
    const { reconciler, fake } = reconcilerOf(there());
    fake.statefulSet!.metadata!.generation = 7;
    await expect(reconciler.reconcile(KEY, 0)).rejects.toThrow("not as it was seen");
    expect(fake.asked).toEqual(["readStatefulSet"]);
  });
});

describe("a policy that raises the requests of StatefulSets", () => {
  test("does not hold a run whose placeholder is to be settled", async () => {
    const { reconciler, fake } = reconcilerOf(bound(besideCache()));
    fake.policy = statefulSet => {
      const raised = structuredClone(statefulSet);
      raised.spec!.template.spec!.containers[0]!.resources = { requests: { cpu: "2", memory: "2Gi" } };
      return raised;
    };
    await reconciler.reconcile(KEY, 0);
    expect(fake.asked).toEqual(["changeTemplate", "release"]);
  });
});

describe("a policy that changes what the placeholder's pod asks for when it is resized", () => {
  const floor = { cpu: 10, memory: 2 ** 24 };
  const room = { ask: { cpu: 2000, memory: 2 ** 24 }, floor, firstWave: { cpu: 500 }, tasks: [] };
  const there = (run: PipelineRun, cpu: number): There => ({
    run,
    statefulSet: withRecord(placeholderOf(run, room), { isSettled: true }),
    pods: [placeholderPodOf(run, "node-1", room, { cpu, memory: 2 ** 24 })],
  });

  test("raises it: the run goes on, people are told once, and it is written once", async () => {
    const { reconciler, fake, store } = reconcilerOf(there(aRun().held().run, 2000));
    fake.resizePolicy = requests => ({ ...requests, cpu: "1800m" });
    await reconciler.reconcile(KEY, 0);
    await reconciler.reconcile(KEY, 0);
    expect(fake.asked.filter(one => one !== "warn")).toEqual(["release", "resizePod", "noteRaised"]);
    expect(fake.told).toMatchObject([{ reason: "PlaceholderRaised" }, { reason: "Placed" }]);
    expect(recordOf(store.lookUp(KEY).observed.statefulSet!).raisedTo).toEqual({ cpu: 1800 });
  });

  test("lowers it: it asks again only after a while", async () => {
    const { reconciler, fake } = reconcilerOf(there(aRun().placed().run, 100));
    fake.resizePolicy = requests => ({ ...requests, cpu: "200m" });
    expect(await reconciler.reconcile(KEY, 0)).toBeGreaterThan(2000);
    expect(fake.asked.filter(one => one !== "warn")).toEqual(["resizePod", "noteGrowthRefused"]);
    expect(fake.told).toMatchObject([{ reason: "PlaceholderLowered" }]);
  });
});

describe("a LimitRange's min that has risen since the placeholder was made", () => {
  const floor = { cpu: 10, memory: 2 ** 24 };
  const room = { ask: { cpu: 2000, memory: 2 ** 24 }, floor, firstWave: { cpu: 2000 }, tasks: [] };
  const refused = answer(
    403,
    'pods "p" is forbidden: minimum cpu usage per Container is 200m, but request is 10m',
  );
  const limitRanges = (cpu: string) => [
    { metadata: { name: "l" }, spec: { limits: [{ type: "Container", min: { cpu } }] } },
  ];
  const there = (): There => {
    const { run } = aRun().placed();
    return {
      run,
      statefulSet: withRecord(placeholderOf(run, room), { isSettled: true }),
      pods: [placeholderPodOf(run, "node-1", room, { cpu: 2000, memory: 2 ** 24 })],
    };
  };

  test("is what the placeholder keeps from now on: no small one takes its place", async () => {
    const { reconciler, fake, store } = reconcilerOf(there());
    fake.limitRanges = limitRanges("200m");
    fake.resizeAdmission = ({ cpu }) => {
      if (cpu === "10m") throw refused;
    };
    await reconciler.reconcile(KEY, 0);
    expect(fake.asked).toEqual(["resizePod", "bounds", "reserve", "resizePod"]);
    const { statefulSet, pods } = store.lookUp(KEY).observed;
    expect(reservationOf(statefulSet!).floor).toEqual({ ...floor, cpu: 200 });
    expect(pods.map(pod => pod.spec?.containers[0]?.resources?.requests?.["cpu"])).toContain("200m");
  });

  test("another refusal in such words is one", async () => {
    const { reconciler, fake } = reconcilerOf(there());
    fake.limitRanges = limitRanges("5m");
    fake.resizeAdmission = () => {
      throw refused;
    };
    await reconciler.reconcile(KEY, 0);
    expect(fake.asked.slice(0, 3)).toEqual(["resizePod", "bounds", "changeTemplate"]);
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
    expect(fake.told).toMatchObject([{ reason: "StepFailed" }, { reason: "Reserved" }]);
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

test("a large run whose placeholder is refused has not cost the process its life: that is noted, once", async () => {
  const params = [{ name: "p", value: "x".repeat(LARGE_CHARACTERS) }];
  const { reconciler, fake } = reconcilerOf({
    run: aRun()
      .held()
      .spec({ params } as never).run,
  });
  fake.fails.set("create", answer(403, "denied the request"));
  for (const tries of [0, 1]) await expect(reconciler.reconcile(KEY, tries)).rejects.toThrow();
  expect(fake.asked.filter(one => one === "noteAttempts")).toHaveLength(2);
  expect(attemptsOf(fake.run!)).toEqual([{ process: "me", survived: true }]);
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
