import { expect, test } from "@jest/globals";
import type { Invariant } from "./invariant";
import { LAG_MILLISECONDS, Observer } from "./observer";
import { heldRun, written } from "./testing";

const change = (revision: number, at: number, uid = "run") => {
  const object = heldRun("run", {}, uid);
  object.metadata!.resourceVersion = String(revision);
  return { type: "MODIFIED" as const, at, revision, object };
};

function recording() {
  const told: string[] = [];
  const invariant: Invariant = {
    ...{ name: "recorder", claim: "", exercised: () => 0 },
    see: ({ revision, write }) => (told.push(`${revision}${write ? " ours" : ""}`), []),
    phase: isCalm => told.push(isCalm ? "calm" : "faults"),
  };
  return { told, observer: new Observer([invariant]) };
}

test("changes are told in the order of their versions, once they are old enough", () => {
  const { told, observer } = recording();
  observer.arrive("run", change(3, 10));
  observer.arrive("run", change(2, 11));
  observer.advance(10);
  expect(told).toEqual([]);
  observer.advance(20 + LAG_MILLISECONDS);
  expect(told).toEqual(["2", "3"]);
  expect(observer.late).toBe(0);
});

test("one that comes too late is told, and counted", () => {
  const { observer } = recording();
  observer.arrive("run", change(3, 10));
  observer.advance(10 + LAG_MILLISECONDS);
  observer.arrive("run", change(2, 9000));
  observer.advance(9000 + LAG_MILLISECONDS);
  expect(observer.late).toBe(1);
});

test("the operator's write is found by object and version, and phases stand between changes", () => {
  const { told, observer } = recording();
  observer.wrote(written("patch", "pipelineruns", { uid: "run", revision: 2 }));
  observer.phase(true, 15);
  for (const [revision, at] of [
    [1, 10],
    [2, 20],
  ] as const) {
    observer.arrive("run", change(revision, at));
  }
  observer.advance(30 + LAG_MILLISECONDS);
  expect(told).toEqual(["1", "calm", "2 ours"]);
});
