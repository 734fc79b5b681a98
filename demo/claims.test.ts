import { describe, expect, test } from "@jest/globals";
import { placeholderName, placeholderPodName } from "../capabilities/placement/names";
import {
  HELD,
  HELD_LABEL,
  PENDING,
  PLACEHOLDER_LABELS,
  TEKTON_PIPELINE_RUN_LABEL,
} from "../capabilities/keys";
import { verdicts, type Expected } from "./claims";
import type { Kind, Kinds, Seen } from "./observation";

const expected: Expected = { runs: ["first", "late"], late: { run: "late", nodesBefore: ["node-1"] } };

type Change = Omit<Seen, "revision" | "atMilliseconds">;

const change = <K extends Kind>(kind: K, object: Kinds[K], gone = false): Change => ({ kind, gone, object });
const meta = (run: string, name: string, labels = {}) => ({
  name,
  uid: name,
  labels: { [TEKTON_PIPELINE_RUN_LABEL]: run, ...labels },
});
const node = (name: string) => change("node", { metadata: { name, uid: name } });
const held = (name: string) =>
  change("run", { metadata: { name, uid: name, labels: { [HELD_LABEL]: HELD } }, spec: { status: PENDING } });
const ended = (name: string, status = "True") =>
  change("run", {
    metadata: { name, uid: name, labels: { [HELD_LABEL]: HELD } },
    status: {
      conditions: [{ type: "Succeeded", status, reason: status === "True" ? "Completed" : "Failed" }],
    },
  });
const anchor = (run: string, gone = false) =>
  change("statefulSet", { metadata: meta(run, placeholderName(run), PLACEHOLDER_LABELS) }, gone);
const placeholder = (run: string, nodeName?: string, gone = false) =>
  change(
    "pod",
    { metadata: meta(run, placeholderPodName(run), PLACEHOLDER_LABELS), spec: on(nodeName) },
    gone,
  );
const waiting = (run: string) => {
  const condition = { type: "PodScheduled", status: "False", message: "0/1 nodes are available" };
  const metadata = meta(run, placeholderPodName(run), PLACEHOLDER_LABELS);
  return change("pod", { metadata, spec: on(), status: { conditions: [condition] } });
};
const pod = (run: string, name: string, nodeName?: string, phase = "Pending") =>
  change("pod", { metadata: meta(run, name), spec: on(nodeName), status: { phase } });
const on = (nodeName?: string) => ({ containers: [], ...(nodeName !== undefined && { nodeName }) });

/** A course of events in which all claims hold. */
const good: Record<string, Change> = {
  node1: node("node-1"),
  firstHeld: held("first"),
  firstAnchor: anchor("first"),
  firstBound: placeholder("first", "node-1"),
  firstPod: pod("first", "first-a-pod", "node-1"),
  lateHeld: held("late"),
  lateAnchor: anchor("late"),
  lateWaits: waiting("late"),
  node2: node("node-2"),
  lateBound: placeholder("late", "node-2"),
  latePod: pod("late", "late-a-pod", "node-2"),
  firstPodDone: pod("first", "first-a-pod", "node-1", "Succeeded"),
  firstEnded: ended("first"),
  firstUnbound: placeholder("first", "node-1", true),
  firstAnchorGone: anchor("first", true),
  latePodDone: pod("late", "late-a-pod", "node-2", "Succeeded"),
  lateEnded: ended("late"),
  lateUnbound: placeholder("late", "node-2", true),
  lateAnchorGone: anchor("late", true),
};

const seenOf = (changes: Record<string, Change>): Seen[] =>
  Object.values(changes).map((one, index) => ({ ...one, revision: index + 1, atMilliseconds: index * 1000 }));
const failing = (changes: Record<string, Change>) =>
  verdicts(seenOf(changes), expected, []).flatMap(({ claim, holds, evidence }) =>
    holds ? [] : [[claim, ...evidence]],
  );
const without = (...keys: string[]) =>
  Object.fromEntries(Object.entries(good).filter(([key]) => !keys.includes(key)));
/** The good course, with `change` inserted before the step `key`. */
const before = (key: string, inserted: Change) =>
  Object.fromEntries(
    Object.entries(good).flatMap(([name, one]) =>
      name === key
        ? [
            ["inserted", inserted],
            [name, one],
          ]
        : [[name, one]],
    ),
  );

const TOGETHER = "Each run had all of its pods, and its placeholder, on one node";
const APART = "No two runs, and no two placeholders, were on one node at the same time";
const WAITED = "late waited until a node was added for it, and went there";
const SUCCEEDED = "Every run succeeded";
const RELEASED = "No run is held any more";
const CLEAN = "No placeholder is left";

test("all claims hold of a good course, and say how long the late run waited", () => {
  const found = verdicts(seenOf(good), expected, []);
  expect(found.map(({ claim, holds }) => [claim, holds])).toEqual(
    [TOGETHER, APART, WAITED, SUCCEEDED, RELEASED, CLEAN].map(claim => [claim, true]),
  );
  expect(found[0].evidence).toEqual([
    "first: placeholder and 1 pod on node-1",
    "late: placeholder and 1 pod on node-2",
  ]);
  expect(found[2].evidence).toEqual(["it waited 2.0 s for node-2; the scheduler: 0/1 nodes are available"]);
});

test("what is expected and was never seen is no success", () => {
  expect(failing({}).map(([claim]) => claim)).toEqual([TOGETHER, APART, WAITED, SUCCEEDED, RELEASED, CLEAN]);
});

test("a node that two placeholders shared in the history is told", () => {
  const found = verdicts(seenOf(good), expected, ["node-1: one, other at 7"]);
  expect(found.filter(({ holds }) => !holds)).toEqual([
    { claim: APART, holds: false, evidence: ["node-1: one, other at 7"] },
  ]);
});

describe("what speaks against a claim, even for a moment", () => {
  const cases: [string, Record<string, Change>, string[][]][] = [
    [
      "a pod of a run elsewhere",
      before("firstEnded", pod("first", "first-b-pod", "node-3", "Succeeded")),
      [[TOGETHER, "first: placeholder and 2 pods on node-1 and node-3"]],
    ],
    [
      "a placeholder elsewhere",
      before("firstEnded", placeholder("first", "node-3")),
      [[TOGETHER, "first: placeholder and 1 pod on node-1 and node-3"]],
    ],
    ["a run without pods", without("firstPod", "firstPodDone"), [[TOGETHER, "first: 0 pods on node-1"]]],
    [
      "two placeholders on one node",
      {
        ...good,
        lateBound: placeholder("late", "node-1"),
        latePod: pod("late", "late-a-pod", "node-1"),
        latePodDone: pod("late", "late-a-pod", "node-1", "Succeeded"),
        lateUnbound: placeholder("late", "node-1", true),
      },
      [
        [APART, "node-1: first and late"],
        [WAITED, "it went to node-1"],
      ],
    ],
    [
      "a placeholder bound before the node was there",
      before("node2", placeholder("late", "node-2")),
      [[WAITED, "its placeholder was bound before node-2 was added"]],
    ],
    [
      "a pod that did not wait for the placeholder",
      before("lateBound", pod("late", "late-early-pod")),
      [[WAITED, "late-early-pod was there before its placeholder was bound"]],
    ],
    [
      "no word of the scheduler",
      without("lateWaits"),
      [[WAITED, "the scheduler gave no reason to wait before node-2 was added"]],
    ],
    ["a run that failed", { ...good, firstEnded: ended("first", "False") }, [[SUCCEEDED, "first: Failed"]]],
    [
      "a run that stays held",
      { ...good, lateEnded: held("late") },
      [
        [SUCCEEDED, "late: has not ended"],
        [RELEASED, "late: it is still Pending"],
      ],
    ],
    ["a run that was never held", without("firstHeld", "firstEnded"), [[SUCCEEDED], [RELEASED]]],
    [
      "a StatefulSet left",
      without("lateAnchorGone"),
      [[CLEAN, `StatefulSet ${placeholderName("late")} is left`]],
    ],
    [
      "a placeholder's pod left",
      without("lateUnbound"),
      [[CLEAN, `pod ${placeholderPodName("late")} is left`]],
    ],
  ];
  test.each(cases)("%s", (_, changes, against) => {
    const found = failing(changes);
    expect(found.map(([claim]) => claim)).toEqual(against.map(([claim]) => claim));
    for (const [index, [, evidence]] of against.entries()) {
      if (evidence !== undefined) expect(found[index].join("\n")).toContain(evidence);
    }
  });
});
