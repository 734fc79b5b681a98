import { expect, test } from "@jest/globals";
import {
  aRun,
  placeholderOf,
  placeholderPodOf,
  runPod,
  withRecord,
} from "../../capabilities/testing/builders";
import type { Observed } from "../../capabilities/phases/observed";
import { observed } from "../../capabilities/testing/builders";
import { timelineOf } from "./timeline";
import type { ToldEvent } from "./told-event";

const START = Date.parse("2026-01-01T00:00:00Z");
const at = (seconds: number): Date => new Date(START + seconds * 1000);
const run = aRun().placed().created(at(0)).run;
run.status = { startTime: at(4).toISOString() };

const bound = { type: "PodScheduled", status: "True", lastTransitionTime: at(3) };
const set = placeholderOf(run);
const statefulSet = { ...set, metadata: { ...set.metadata, creationTimestamp: at(1) } };
const pod = placeholderPodOf(run, "node-1");
const placeholder = {
  ...pod,
  metadata: { ...pod.metadata, creationTimestamp: at(1) },
  status: { conditions: [bound] },
};
const seen = observed(run, { statefulSet, pods: [placeholder] });

const event = (reason: string, seconds: number, more: Partial<ToldEvent> = {}): ToldEvent => ({
  ...{ reason, first: at(seconds), last: at(seconds), count: 1, type: "Normal" },
  ...{ message: "as it is", from: "pipelinerun-pod-affinity", about: "PipelineRun", ...more },
});

const whats = (events: ToldEvent[], of: Observed = seen): string[] =>
  timelineOf({ run, observed: of, events, neighbours: [], notes: [] }).map(
    ({ at: when, what }) => `${(when.getTime() - START) / 1000} ${what}`,
  );

test("from its objects alone, oldest first", () => {
  expect(whats([])).toEqual([
    "0 created, and held",
    `1 placeholder ${statefulSet.metadata.name} made: it asks for cpu 10m, memory 16Mi`,
    "3 placeholder on node-1",
    "4 started",
  ]);
});

test("Events say it in their place, and more", () => {
  const events = [
    event("Placed", 3),
    event("FailedScheduling", 2, { about: "Pod", from: "default-scheduler", count: 4, last: at(60) }),
    event("Scheduled", 3, { about: "Pod" }),
  ];
  expect(whats(events).slice(2)).toEqual([
    "2 default-scheduler: FailedScheduling (4 times, last 00:01:00): as it is",
    "3 Placed: as it is",
    "4 started",
  ]);
});

test("a placeholder that has moved", () => {
  const moved = { ...seen, statefulSet: withRecord(statefulSet, { moves: 1, movingFrom: "node-0" }) };
  expect(whats([], moved)).toContainEqual("1 placeholder looks for a node anew, away from node-0");
  expect(whats([event("Moving", 1)], moved)).not.toContainEqual(expect.stringContaining("anew"));
});

test("of very many pods, those that have not ended", () => {
  const of = (name: string, phase: string) => {
    const made = runPod(phase);
    return { ...made, metadata: { ...made.metadata, name, creationTimestamp: at(9) } };
  };
  const many = Array.from({ length: 60 }, (_, index) => of(`build-old-${index}-pod`, "Succeeded"));
  const pods = [placeholder, ...many, of("build-new-pod", "Pending")];
  const shown = whats([], { ...seen, pods }).filter(what => what.startsWith("9 "));
  expect(shown).toEqual(["9 new: made, without a node so far"]);
});
