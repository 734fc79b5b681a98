import { expect, test } from "@jest/globals";
import { compare, compareEnds, settlingTimes } from "./compare";
import { distinct, isSettled, type Recording, type SeenState, type ShownCondition } from "./states";

const PENDING: ShownCondition = { type: "PodResizePending", status: "True", reason: "Deferred", behind: 0 };
const PROGRESS: ShownCondition = { type: "PodResizeInProgress", status: "True", behind: 0 };

const state = (
  step: number,
  milliseconds: number,
  inForce: string,
  ...conditions: ShownCondition[]
): SeenState => ({
  pod: "main",
  phase: "Running",
  asked: { requests: { cpu: step < 0 ? "1" : "2" } },
  allocated: undefined,
  inForce: { requests: { cpu: inForce } },
  conditions,
  step,
  milliseconds,
});

const recording = (states: SeenState[], more: Partial<Recording> = {}): Recording => ({
  scenario: "growth",
  states,
  events: [],
  refusals: [],
  ...more,
});

const kubelet = recording(
  [state(-1, 0, "1"), state(0, 5, "1"), state(0, 40, "1", PROGRESS), state(0, 90, "2")],
  {
    events: [
      { pod: "main", type: "Normal", reason: "ResizeCompleted", message: "", step: 0, milliseconds: 90 },
    ],
  },
);

test.each([
  {
    name: "the same, at other times",
    standIn: recording([state(-1, 0, "1"), state(0, 1, "1"), state(0, 2, "1", PROGRESS), state(0, 9, "2")], {
      events: kubelet.events,
    }),
    wrong: 0,
    leftOut: 0,
  },
  {
    name: "a state between is left out, and an Event",
    standIn: recording([state(-1, 0, "1"), state(0, 1, "1"), state(0, 9, "2")]),
    wrong: 0,
    leftOut: 2,
  },
  {
    name: "a state that a kubelet never shows",
    standIn: recording([state(-1, 0, "1"), state(0, 1, "1", PENDING), state(0, 9, "2")], {
      events: kubelet.events,
    }),
    wrong: 1,
    leftOut: 2,
  },
  {
    name: "another end: the last state is of another order, too",
    standIn: recording([state(-1, 0, "1"), state(0, 9, "2"), state(0, 10, "1")], { events: kubelet.events }),
    wrong: 2,
    leftOut: 1,
  },
  {
    name: "an Event that a kubelet does not tell",
    standIn: recording(kubelet.states, {
      events: [...kubelet.events, { ...kubelet.events[0]!, reason: "ResizeError" }],
    }),
    wrong: 1,
    leftOut: 0,
  },
  {
    name: "a refusal of its own",
    standIn: recording(kubelet.states, {
      events: kubelet.events,
      refusals: [{ step: 0, code: 403, message: "" }],
    }),
    wrong: 1,
    leftOut: 0,
  },
])("$name", ({ standIn, wrong, leftOut }) => {
  const found = compare(kubelet, standIn);
  expect({ wrong: found.wrong.length, leftOut: found.leftOut.length }).toEqual({ wrong, leftOut });
});

test("a refusal that is missing is wrong", () => {
  const refusing = recording([], { refusals: [{ step: 0, code: 403, message: "no" }] });
  expect(compare(refusing, recording([])).wrong).toEqual(["growth: does not refuse step 0 with status 403"]);
});

test("where only ends are compared, the way does not matter, and another end is wrong", () => {
  expect(compareEnds(kubelet, recording([state(0, 9, "2")]))).toEqual([]);
  expect(compareEnds(kubelet, recording([state(0, 9, "2"), state(0, 10, "1")]))).toHaveLength(1);
});

test("the time of a step is that of its last change", () => {
  expect(settlingTimes(kubelet)).toEqual([90]);
});

test.each([
  { name: "all is in force", seen: state(0, 0, "2"), expected: true },
  { name: "not yet", seen: state(0, 0, "1"), expected: false },
  { name: "under way", seen: state(0, 0, "2", PROGRESS), expected: false },
  { name: "there is no room", seen: state(0, 0, "1", PENDING), expected: true },
  {
    name: "there was no room for what was asked before",
    seen: state(0, 0, "1", { ...PENDING, behind: 1 }),
    expected: false,
  },
])("settled: $name", ({ seen, expected }) => {
  expect(isSettled(seen)).toBe(expected);
});

test("what is as it was is left out, for each pod by itself", () => {
  const other = { ...state(0, 2, "1"), pod: "other" };
  const states = [state(0, 1, "1"), other, state(0, 3, "1"), state(0, 4, "2"), state(0, 5, "1")];
  expect(distinct(states).map(({ milliseconds }) => milliseconds)).toEqual([1, 2, 4, 5]);
});
