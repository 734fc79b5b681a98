import { beforeEach, describe, expect, test } from "@jest/globals";
import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { DEFAULT_ENDING_KEYS, endingKeys } from "../choices/ending-keys";
import { NodeStore } from "./nodes";

const node = (name: string, more: Partial<V1Node> = {}): V1Node => ({ metadata: { name }, ...more });
const cordoned = (name: string) => node(name, { spec: { unschedulable: true } });
const placeholder = (uid: string, nodeName?: string): V1Pod => ({
  metadata: { uid },
  spec: { containers: [], ...(nodeName !== undefined && { nodeName }) },
});

let told: string[];
let nodes: NodeStore;
beforeEach(() => {
  told = [];
  nodes = new NodeStore(endingKeys(DEFAULT_ENDING_KEYS), run => told.push(run));
});

function synced(...names: string[]): void {
  nodes.sink.begin();
  for (const name of names) nodes.sink.event("ADDED", node(name));
  nodes.sink.synced();
}

describe("an event of a node is told", () => {
  test.each([
    { what: "to the run whose placeholder is there", event: cordoned("a"), to: ["ci/one"] },
    { what: "to nobody, where there is none", event: cordoned("b"), to: [] },
    { what: "to nobody, where it says nothing new", event: node("a", { status: { phase: "x" } }), to: [] },
  ])("$what", ({ event, to }) => {
    synced("a", "b");
    nodes.placed(placeholder("p", "a"), "ci/one");
    nodes.sink.event("MODIFIED", event);
    expect(told).toEqual(to);
  });

  test("once, where it comes again", () => {
    synced("a");
    nodes.placed(placeholder("p", "a"), "ci/one");
    for (let count = 0; count < 3; count++) nodes.sink.event("MODIFIED", cordoned("a"));
    expect(told).toEqual(["ci/one"]);
  });

  test("not to a run whose placeholder has left", () => {
    synced("a");
    nodes.placed(placeholder("p", "a"), "ci/one");
    nodes.left(placeholder("p", "a"));
    nodes.sink.event("MODIFIED", cordoned("a"));
    expect(told).toEqual([]);
  });
});

describe("a node that is not known", () => {
  test("is not gone while the nodes are being listed", () => {
    nodes.placed(placeholder("p", "a"), "ci/one");
    nodes.sink.begin();
    expect(nodes.stateOf("a")).toBeUndefined();
  });

  test("is gone once all are known, and its run is told", () => {
    nodes.placed(placeholder("p", "a"), "ci/one");
    synced("b");
    expect(nodes.stateOf("a")).toEqual({ isGone: true });
    expect(told).toEqual(["ci/one"]);
  });

  test("was deleted while the watch was down", () => {
    synced("a", "b");
    nodes.placed(placeholder("p", "a"), "ci/one");
    synced("b");
    expect(nodes.stateOf("a")).toEqual({ isGone: true });
    expect(told).toEqual(["ci/one"]);
  });
});

test("of a node that is as it should be nothing is said", () => {
  synced("a");
  expect(nodes.stateOf("a")).toBeUndefined();
  nodes.sink.event("MODIFIED", cordoned("a"));
  expect(nodes.stateOf("a")).toEqual({ isUnschedulable: true });
});
