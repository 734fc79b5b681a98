import { describe, expect, test } from "@jest/globals";
import { placeholderPodName } from "../capabilities/placement/names";
import { PENDING, PLACEHOLDER_LABELS, TEKTON_PIPELINE_RUN_LABEL } from "../capabilities/keys";
import { boardLines, facts, type State } from "./board";
import { line, wrapped } from "./text";

const labels = (run: string) => ({ [TEKTON_PIPELINE_RUN_LABEL]: run });
const placeholder = { ...PLACEHOLDER_LABELS };
const message = "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.";
const state: State = {
  headline: "Two runs for one node",
  seconds: 3.2,
  nodes: [{ metadata: { name: "node-1" } }],
  runs: [
    { metadata: { name: "second" }, spec: { status: PENDING } },
    { metadata: { name: "first" }, spec: {} },
  ],
  pods: [
    {
      metadata: { name: placeholderPodName("first"), labels: { ...labels("first"), ...placeholder } },
      spec: { containers: [], nodeName: "node-1" },
    },
    {
      metadata: { name: "first-compile-pod", labels: labels("first") },
      spec: { containers: [], nodeName: "node-1" },
    },
    {
      metadata: { name: "first-fetch-pod", labels: labels("first") },
      spec: { containers: [], nodeName: "node-1" },
      status: { phase: "Succeeded" },
    },
    {
      metadata: { name: placeholderPodName("second"), labels: { ...labels("second"), ...placeholder } },
      status: { conditions: [{ type: "PodScheduled", status: "False", message }] },
    },
  ],
};

describe("the board", () => {
  test("shows nodes with their pods, runs with their state, and why one waits", () => {
    expect(boardLines(state, { width: 60, colour: false })).toEqual([
      "   3 s  Two runs for one node",
      "",
      "NODE          PODS",
      "node-1        [first] compile + 1 finished",
      "",
      "RUN           STATE",
      "first         running, placeholder on node-1",
      "second        held, placeholder without a node",
      "              0/1 nodes are available: 1 node(s) didn't",
      "              match pod anti-affinity rules.",
    ]);
  });

  test.each([1, 10, 20, 40])("is never wider than %i columns", width => {
    for (const text of boardLines(state, { width, colour: false }))
      expect(text.length).toBeLessThanOrEqual(width);
  });

  test("colours change nothing but colours", () => {
    const plain = boardLines(state, { width: 30, colour: false });
    const coloured = boardLines(state, { width: 30, colour: true });
    expect(coloured).not.toEqual(plain);
    expect(coloured.map(text => text.replace(/\x1b\[\d+m/g, ""))).toEqual(plain);
  });

  test("facts are one line each, with the whole reason", () => {
    expect(facts(state).get("run second")).toBe(`second        held, placeholder without a node: ${message}`);
    expect(facts(state).get("node node-1")).toBe("node-1        [first] compile + 1 finished");
  });
});

test("a line that is cut off says so", () => {
  expect(
    line(
      [
        ["abc", "bold"],
        ["def", undefined],
      ],
      { width: 5, colour: false },
    ),
  ).toBe("abcd…");
  expect(
    line(
      [
        ["abc", "bold"],
        ["def", undefined],
      ],
      { width: 6, colour: false },
    ),
  ).toBe("abcdef");
});

test("wrapped text keeps every word", () => {
  expect(wrapped("one two  three", "  ", 9)).toEqual(["  one two", "  three"]);
  expect(wrapped("incomprehensible", "  ", 5)).toEqual(["  incomprehensible"]);
  expect(wrapped("", "  ", 5)).toEqual([]);
});
