import { describe, expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { aRun, placeholderOf, placeholderPodOf, runPod } from "../testing/builders";
import type { Observed } from "../phases/observed";
import type { PipelineRun } from "../tekton/objects";
import type { Reservation } from "../room/reservation";
import { figuresOf } from "./figures";
import { heldSeconds } from "./held-for";

const reservation: Reservation = { ask: { cpu: 3000 }, floor: { cpu: 10 }, firstWave: {}, tasks: [] };
const at = (seconds: number) => new Date(seconds * 1000);
const seen = (run: PipelineRun, node: string | undefined, ...pods: V1Pod[]): Observed => ({
  run,
  statefulSet: placeholderOf(run, reservation),
  pods: [placeholderPodOf(run, node, reservation), ...pods],
  taskRuns: [],
  customRuns: [],
  children: [],
  coschedule: "disabled",
});

describe("figures", () => {
  const waiting = (created: number) => seen(aRun().held().created(at(created)).run, undefined);
  const pod = {
    ...runPod("Running"),
    spec: { containers: [{ name: "step", resources: { requests: { cpu: "500m" } } }] },
  };
  const placed = seen(aRun().placed().run, "node-1", pod);
  const ended = seen(aRun().placed().ended().run, "node-1");
  const found = figuresOf([waiting(100), waiting(40), placed, ended], at(160));

  test("runs by stage and phase; what is over is not counted", () => {
    expect(found.runs).toEqual(
      new Map([
        ["held", new Map([["looking", 2]])],
        ["placed", new Map([["anchored", 1]])],
      ]),
    );
  });

  test("the oldest that is held", () => {
    expect(found.oldestHeldSeconds).toBe(120);
    expect(figuresOf([placed], at(160)).oldestHeldSeconds).toBe(0);
  });

  test("room that is looked for, kept and used", () => {
    expect(found.wanted["cpu"]).toBe(6000);
    expect(found.reserved["cpu"]).toBe(20);
    expect(found.used["cpu"]).toBe(500);
  });
});

describe("how long a run was held", () => {
  const { run } = aRun().held().created(at(10));
  test.each([
    { name: "seen within the second of its creation", runSeenSince: at(10.9), seconds: 1.1 },
    { name: "found there by a controller that started later", runSeenSince: at(11.5), seconds: 1.001 },
    { name: "not seen to come", runSeenSince: undefined, seconds: 2 },
    { name: "by a clock that is behind the API server's", runSeenSince: at(9), seconds: 2 },
  ])("$name: $seconds s", ({ runSeenSince, seconds }) => {
    const observed = runSeenSince === undefined ? { run } : { run, runSeenSince };
    expect(heldSeconds(observed, at(12))).toBeCloseTo(seconds, 3);
  });
});
