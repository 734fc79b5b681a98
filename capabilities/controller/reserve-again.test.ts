/** What a run needs is counted anew, once, when Tekton has resolved its pipeline or one in it. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import { Log } from "pepr";
import { UNREAD_PIPELINE } from "../demand/expand";
import type { PipelineSpec } from "../demand/pipeline-spec";
import type { PlannedTask } from "../demand/task-graph";
import { tektonDefaultsOf } from "../demand/tekton-defaults";
import { reservationOf } from "../room/placeholder-size";
import type { Reservation } from "../room/reservation";
import {
  aRun,
  childRun,
  placeholderOf,
  placeholderPodOf,
  planned,
  SETTINGS,
  withRecord,
} from "../testing/builders";
import { asking } from "../testing/definitions";
import { FakeCluster } from "../testing/fake-cluster";
import { emptyStore, KEY, ofRun, stored } from "../testing/stored";
import type { PipelineRun } from "../tekton/objects";
import { LARGE_CHARACTERS } from "./attempts";
import { Reconciler } from "./reconcile";

beforeAll(() => void (Log.level = "silent"));

/** For steps that ask for nothing themselves. */
const DEFAULTS = tektonDefaultsOf({
  "default-container-resource-requirements": "default: {requests: {cpu: 300m}}",
});
const GI = 2 ** 30;
const guess = { cpu: 500, memory: GI };
const floor = { cpu: 10, memory: 16 * 2 ** 20 };
const unknown = (name: string): PlannedTask => ({ ...planned(name, guess), isUnknown: true });
const keeping = (...tasks: PlannedTask[]): Reservation => ({ ask: guess, floor, firstWave: guess, tasks });

const spec: PipelineSpec = { tasks: [asking("a", "1"), asking("b", "4", { runAfter: ["a"] })] };
const resolvers: PipelineSpec = { tasks: [{ name: "inner", pipelineRef: { resolver: "git" } }] };
const placed = (pipelineSpec: PipelineSpec, status: PipelineRun["status"]): PipelineRun => {
  const { run } = aRun().placed();
  return { ...run, spec: { pipelineSpec } as PipelineRun["spec"], status } as PipelineRun;
};
const byResolver = { pipelineSpec: undefined, pipelineRef: { resolver: "git" } } as object as PipelineSpec;

function reconcilerOf(run: PipelineRun, reservation: Reservation, children: PipelineRun[] = []) {
  const fake = new FakeCluster();
  const { store } = emptyStore();
  const held = aRun().held().run;
  const set = withRecord(placeholderOf(held, reservation), { isSettled: true });
  store.coschedule = "disabled";
  store.statefulSet("ADDED", (fake.statefulSet = stored(set, 1)));
  store.runs.event("ADDED", (fake.run = stored(run, 2)));
  fake.children = children.map(child => stored(ofRun(child.metadata!.name!, child, true), 3));
  for (const child of fake.children) {
    const owner = {
      apiVersion: "tekton.dev/v1",
      kind: "PipelineRun",
      name: "build",
      uid: fake.run.metadata!.uid!,
    };
    child.metadata!.ownerReferences = [{ ...owner, controller: true }];
    store.runs.event("ADDED", child);
  }
  store.pods.event("ADDED", stored(placeholderPodOf(held, "node-1", reservation, floor), 4));
  store.markRead(KEY);
  const parts = { cluster: fake.cluster, settings: SETTINGS, store, me: "me" };
  const reconciler = new Reconciler({ ...parts, tektonDefaults: () => DEFAULTS });
  const kept = () => reservationOf(fake.statefulSet!);
  return { reconciler, fake, kept };
}

describe("a run whose pipeline a resolver brings", () => {
  const resolved = placed(byResolver, { pipelineSpec: spec });

  test("is read once, counted, and its placeholder grows", async () => {
    const { reconciler, fake, kept } = reconcilerOf(resolved, keeping(unknown(UNREAD_PIPELINE)));
    await reconciler.reconcile(KEY, 0);
    expect(fake.asked.filter(what => what !== "warn")).toEqual([
      "readRun",
      "demandSources",
      "runtimeClasses",
      "reserve",
      "resizePod",
    ]);
    expect(kept()).toMatchObject({ ask: { cpu: 4000 }, floor, isRevised: true });
    expect(kept().tasks.map(({ name, isUnknown }) => ({ name, isUnknown }))).toEqual([
      { name: "a", isUnknown: undefined },
      { name: "b", isUnknown: undefined },
    ]);
    expect(fake.told).toMatchObject([{ type: "Normal", reason: "ReservedAgain" }]);
    expect(fake.told[0]!.message).toMatch(
      /^Known now that Tekton has resolved it: \(pipeline\)\. .* cpu 4, .*\(b\)/,
    );
    const before = fake.asked.length;
    await reconciler.reconcile(KEY, 0);
    expect(fake.asked.slice(before)).toEqual([]);
  });

  test.each([
    { name: "has room for it, beside what the run uses itself", hard: "12", ask: 4000, grows: true },
    {
      name: "is short of it: no room is asked for that its pods may need",
      hard: "7",
      ask: 4000,
      grows: false,
    },
    { name: "has less than it needs", hard: "3", ask: 3000, grows: false },
  ])("where a quota $name", async ({ hard, ask, grows }) => {
    const { reconciler, fake, kept } = reconcilerOf(resolved, keeping(unknown(UNREAD_PIPELINE)));
    // All that is used is its placeholder's.
    const cpu = { hard: { "requests.cpu": hard }, used: { "requests.cpu": "10m" } };
    fake.quotas = [{ metadata: { name: "team" }, status: cpu }];
    await reconciler.reconcile(KEY, 0);
    expect(kept().ask["cpu"]).toBe(ask);
    expect(fake.asked.includes("resizePod")).toBe(grows);
  });

  test.each([
    { name: "has room for more", used: "1", told: ["ReservedAgain"], ask: 4000, grows: true },
    { name: "has still none", used: "19010m", told: [], ask: 1000, grows: false },
  ])("a quota that capped it is asked again, and $name", async ({ used, told, ask, grows }) => {
    const tasks = [planned("a", { cpu: 1000 }), planned("b", { cpu: 4000 }, ["a"])];
    const capped = { peak: { cpu: 4000 } };
    const reservation = {
      ask: { cpu: 1000, memory: floor.memory },
      floor,
      firstWave: { cpu: 1000 },
      tasks,
      capped,
    };
    const { reconciler, fake, kept } = reconcilerOf(placed(spec, {}), reservation);
    const cpu = { hard: { "requests.cpu": "20" }, used: { "requests.cpu": used } };
    fake.quotas = [{ metadata: { name: "team" }, status: cpu }];
    await reconciler.reconcile(KEY, 0);
    expect(kept().ask["cpu"]).toBe(ask);
    expect(fake.told.map(({ reason }) => reason)).toEqual(told);
    expect(fake.asked.includes("resizePod")).toBe(grows);
    expect(fake.asked).not.toContain("demandSources");
    const before = fake.asked.length;
    await reconciler.reconcile(KEY, 0);
    expect(fake.asked.slice(before)).toEqual([]);
  });

  test("counts Tekton's defaults, and what a RuntimeClass adds to each pod of a task", async () => {
    const tasks = ["boxed", "plain"].map(name => ({ name, taskSpec: { steps: [{ name: "s" }] } }));
    const { spec: own, ...run } = placed(byResolver, { pipelineSpec: { tasks } });
    const taskRunSpecs = [{ pipelineTaskName: "boxed", podTemplate: { runtimeClassName: "box" } }];
    const { reconciler, fake, kept } = reconcilerOf(
      { ...run, spec: { ...own, taskRunSpecs } as PipelineRun["spec"] } as PipelineRun,
      keeping(unknown(UNREAD_PIPELINE)),
    );
    const box = { handler: "h", overhead: { podFixed: { cpu: "250m" } } };
    fake.surroundings.runtimeClasses = () => Promise.resolve(new Map([["box", box]]));
    await reconciler.reconcile(KEY, 0);
    expect(kept().tasks.map(({ name, each }) => ({ name, cpu: each["cpu"] }))).toEqual([
      { name: "boxed", cpu: 550 },
      { name: "plain", cpu: 300 },
    ]);
    expect(kept().ask["cpu"]).toBe(850);
  });

  test("costs nothing before", async () => {
    const { reconciler, fake } = reconcilerOf(placed(byResolver, {}), keeping(unknown(UNREAD_PIPELINE)));
    await reconciler.reconcile(KEY, 0);
    expect(fake.asked).toEqual([]);
  });

  describe("and is large", () => {
    const note = { name: "s", script: "x".repeat(LARGE_CHARACTERS) };
    const large = { tasks: [{ name: "a", taskSpec: { steps: [note] } }, asking("b", "4")] };
    const there = () =>
      reconcilerOf(placed(byResolver, { pipelineSpec: large }), keeping(unknown(UNREAD_PIPELINE)));

    test("is written to be counted before it is", async () => {
      const { reconciler, fake, kept } = there();
      await reconciler.reconcile(KEY, 0);
      const order = ["readRun", "reserve", "demandSources", "runtimeClasses", "reserve"];
      expect(fake.asked.filter(what => what !== "warn").slice(0, 5)).toEqual(order);
      expect(kept().ask["cpu"]).toBe(4300);
    });

    test("is counted again where that has failed", async () => {
      const { reconciler, fake, kept } = there();
      fake.fails.set("demandSources", new Error("not now"));
      await expect(reconciler.reconcile(KEY, 0)).rejects.toThrow("not now");
      expect(kept()).toEqual(keeping(unknown(UNREAD_PIPELINE)));
    });

    test("is left as it was counted where a process has ended over it", async () => {
      const { reconciler, fake, kept } = there();
      fake.surroundings.demandSources = () => new Promise(() => undefined);
      void reconciler.reconcile(KEY, 0);
      while (!fake.asked.includes("reserve")) await new Promise(setImmediate);
      await new Promise(setImmediate);
      const next = reconcilerOf(placed(byResolver, { pipelineSpec: large }), kept());
      await next.reconciler.reconcile(KEY, 0);
      expect(next.fake.asked).toEqual([]);
    });
  });

  test("is not asked for again where what was resolved cannot be read either", async () => {
    const tooDeep = { pipelineSpec: { tasks: [{ name: "Not A Name" }] } };
    const { reconciler, fake, kept } = reconcilerOf(
      placed(byResolver, tooDeep),
      keeping(unknown(UNREAD_PIPELINE)),
    );
    await reconciler.reconcile(KEY, 0);
    expect(kept().tasks.filter(({ isUnknown }) => isUnknown)).toEqual([]);
    const before = fake.asked.length;
    await reconciler.reconcile(KEY, 0);
    expect(fake.asked.slice(before)).not.toContain("reserve");
  });
});

test("a pipeline in a pipeline that a resolver brings is counted from its own run", async () => {
  const child = childRun("inner", "build", { status: { pipelineSpec: spec } });
  const { reconciler, fake, kept } = reconcilerOf(placed(resolvers, {}), keeping(unknown("inner")), [child]);
  await reconciler.reconcile(KEY, 0);
  expect(fake.asked.filter(what => what !== "warn").slice(0, 5)).toEqual([
    "readRun",
    "childRuns",
    "demandSources",
    "runtimeClasses",
    "reserve",
  ]);
  expect(
    kept()
      .tasks.filter(({ count }) => count > 0)
      .map(({ name }) => name),
  ).toEqual(["inner/a", "inner/b"]);
});

test("a run of which all is known costs nothing, though its spec stands in its status", async () => {
  const { reconciler, fake } = reconcilerOf(
    placed(spec, { pipelineSpec: spec }),
    keeping(planned("a", guess)),
  );
  await reconciler.reconcile(KEY, 0);
  expect(fake.asked).toEqual([]);
});
