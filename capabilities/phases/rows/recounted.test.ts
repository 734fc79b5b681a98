/** A run whose pipeline a resolver brings: what it needs is known only once it goes. */
import { describe, expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { UNREAD_PIPELINE } from "../../demand/expand";
import type { Resources } from "../../demand/resources";
import { resourcesFor } from "../../room/placeholder-size";
import type { PlaceholderRecord } from "../../placement/record";
import type { Reservation } from "../../room/reservation";
import {
  aRun,
  observed,
  placeholderOf,
  placeholderPodOf,
  planned,
  SETTINGS,
  taskPod,
  taskRunOf,
  withRecord,
} from "../../testing/builders";
import { stepFor } from "../../testing/decide";
import type { PipelineRun, TaskRun } from "../../tekton/objects";

const GI = 2 ** 30;
const floor = { cpu: 10, memory: 16 * 2 ** 20 };
const guess = { cpu: 500, memory: GI };
const unknown: Reservation = {
  ask: guess,
  floor,
  firstWave: guess,
  tasks: [{ ...planned(UNREAD_PIPELINE, guess), isUnknown: true }],
};
/** a, then b. */
const known: Reservation = {
  ask: { cpu: 4000, memory: GI },
  floor,
  firstWave: { cpu: 1000 },
  tasks: [planned("a", { cpu: 1000 }), planned("b", { cpu: 4000 }, ["a"])],
  isRevised: true,
};
const { isRevised: _, ...asKnown } = known;
const now = new Date("2026-01-01T00:01:00Z");
const justNow = { growthRefusedAt: now.toISOString() };
const longAgo = { growthRefusedAt: "2026-01-01T00:00:00Z" };

interface Seen {
  of: Reservation;
  status?: PipelineRun["status"];
  asked?: Resources;
  record?: Partial<PlaceholderRecord>;
  taskRuns?: TaskRun[];
  pods?: V1Pod[];
}
function next({ of, status = {}, asked = floor, record = {}, taskRuns = [], pods = [] }: Seen) {
  const held = aRun().held().run;
  const statefulSet = withRecord(placeholderOf(held, of), { ...record, isSettled: true });
  statefulSet.spec!.template.spec!.containers[0]!.resources = resourcesFor(floor, false);
  const run = { ...aRun().placed().run, status };
  const own = placeholderPodOf(held, "node-1", of, asked);
  return stepFor(observed(run, { statefulSet, pods: [own, ...pods], taskRuns }), now);
}
const resolved = { pipelineSpec: { tasks: [] } };
const a = taskRunOf("a");
const running = (): V1Pod => {
  const pod = taskPod(a, { cpu: 1000 });
  return { ...pod, spec: { ...pod.spec!, nodeName: "node-1" } };
};

describe("once Tekton has resolved it", () => {
  test("it is counted again", () => {
    expect(next({ of: unknown, status: resolved })).toMatchObject({
      kind: "reserve-again",
      learned: [UNREAD_PIPELINE],
    });
  });

  test.each<{ name: string; seen: Seen }>([
    { name: "not before", seen: { of: unknown } },
    { name: "not again", seen: { of: { ...known, ask: floor, tasks: [] }, status: resolved } },
  ])("$name", ({ seen }) => {
    expect(next(seen).kind).not.toBe("reserve-again");
  });

  test("its placeholder grows by what the rest of it needs beside what runs", () => {
    const step = next({ of: known, status: resolved, taskRuns: [a], pods: [running()] });
    expect(step).toMatchObject({ kind: "resize", size: { cpu: 3000 } });
  });
});

describe("where its node has no room for it", () => {
  const small: Seen = { of: known, status: resolved, record: justNow };

  test("it goes where there is room, while no pod of it has a node", () => {
    expect(next(small)).toMatchObject({ kind: "start-over", ask: { cpu: 4000 } });
    const waiting = taskPod(a, { cpu: 1000 });
    expect(next({ ...small, taskRuns: [a], pods: [waiting] }).kind).toBe("start-over");
  });

  test.each<{ name: string; seen: Seen; kind: string }>([
    {
      name: "not when a pod of it has started",
      seen: { ...small, taskRuns: [a], pods: [running()] },
      kind: "wait",
    },
    { name: "not a second time", seen: { ...small, record: { ...justNow, moves: 1 } }, kind: "wait" },
    {
      name: "not what was known from the beginning",
      seen: { ...small, of: asKnown },
      kind: "wait",
    },
    { name: "not when the node may be asked again", seen: { ...small, record: longAgo }, kind: "resize" },
  ])("$name", ({ seen, kind }) => {
    expect(next(seen).kind).toBe(kind);
  });

  test("a run that has started is told, once", () => {
    const step = next({ ...small, taskRuns: [a], pods: [running()] });
    expect(step.lookAgainSeconds).toBe(SETTINGS.GROWTH_RETRY_SECONDS);
    expect(step.warnings).toEqual([
      expect.objectContaining({
        reason: "NoRoomToGrow",
        about: "more than was known",
        message: expect.stringContaining("The run needs cpu 4, memory"),
      }),
    ]);
  });

  test("one that was known from the beginning is not", () => {
    expect(next({ ...small, of: asKnown, taskRuns: [a], pods: [running()] }).warnings).toBeUndefined();
  });
});

test("what pods of unknown tasks ask for counts as soon as they are there", () => {
  const of: Reservation = {
    ask: { cpu: 1500, memory: GI },
    floor,
    firstWave: guess,
    tasks: [{ ...planned("a", guess), isUnknown: true }, planned("b", { cpu: 1000 })],
  };
  const b = taskRunOf("b");
  // Of 5 cpus at once, a has 4 and b, whose TaskRun is there, has its one free.
  const pod = {
    ...taskPod(a, { cpu: 4000, memory: GI }),
    spec: { ...taskPod(a, { cpu: 4000, memory: GI }).spec!, nodeName: "node-1" },
  };
  expect(next({ of, taskRuns: [a, b], pods: [pod] }).kind).toBe("none");
  const later = {
    ...of,
    tasks: [...of.tasks, planned("c", { cpu: 1000 }, ["b"]), planned("d", { cpu: 1000 }, ["b"])],
  };
  expect(next({ of: later, taskRuns: [a, b], pods: [pod] })).toMatchObject({
    kind: "resize",
    size: { cpu: 1000 },
  });
});

describe("a run of which a quota had no room for all", () => {
  const capped: Reservation = { ...asKnown, ask: { cpu: 1000, memory: GI }, capped: { peak: asKnown.ask } };
  const bound = (secondsAgo: number, asked: Resources): V1Pod => {
    const pod = placeholderPodOf(aRun().held().run, "node-1", capped, asked);
    const lastTransitionTime = new Date(now.getTime() - secondsAgo * 1000);
    const conditions = [{ type: "PodScheduled", status: "True", lastTransitionTime }];
    return { ...pod, status: { ...pod.status, conditions } };
  };
  const a = taskRunOf("a");
  const running = { taskRuns: [a], pods: [taskPod(a, { cpu: 1000 })], asked: { cpu: 10, memory: GI } };
  const of = (reservation: Reservation, secondsAgo: number, { taskRuns, pods, asked } = running) => {
    const statefulSet = withRecord(placeholderOf(aRun().held().run, reservation), { isSettled: true });
    const all = [bound(secondsAgo, asked), ...pods];
    return stepFor(observed(aRun().placed().run, { statefulSet, pods: all, taskRuns }), now);
  };

  test("asks it again half a minute after it was placed, and looks by itself", () => {
    expect(of(capped, 29)).toMatchObject({ kind: "wait", lookAgainSeconds: 1 });
    expect(of(capped, 30)).toMatchObject({ kind: "reserve-again", learned: [] });
  });

  test("asks it more rarely when that came to nothing", () => {
    const asked = { ...capped, capped: { ...capped.capped!, askedAt: now.toISOString(), tries: 1 } };
    expect(of(asked, 600)).toMatchObject({ kind: "wait", lookAgainSeconds: 60 });
  });

  test("does not ask it where the rest of the run needs no more than it has", () => {
    const taskRuns = [taskRunOf("a", "True"), taskRunOf("b", "True")];
    const ended = { ...running, taskRuns, pods: [] };
    expect(of(capped, 600, ended)).toMatchObject({ kind: "none" });
  });
});
