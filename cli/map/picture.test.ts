import { expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { aRun, placeholderPodOf } from "../../capabilities/testing/builders";
import { boundTo } from "../situations/story";
import { nodeObject } from "../../testbed/nodes";
import { MOST_PAST_MILLISECONDS, timelineOf } from "./picture";

const NOW = Date.parse("2026-01-05T08:10:00Z");
const made = (pod: V1Pod, seconds: number): V1Pod => ({
  ...pod,
  metadata: {
    ...pod.metadata,
    creationTimestamp: new Date(Date.parse("2026-01-05T08:00:00Z") + seconds * 1000),
  },
});
const placeholder = made(placeholderPodOf(aRun().placed().run), 0);
const node = (name: string) => ({
  ...nodeObject({ name }),
  metadata: { name, creationTimestamp: new Date(0) },
});

test("a placeholder that waited for its node", () => {
  const { spans, from, until, nodes } = timelineOf(
    [node("node-2"), node("node-1")],
    [boundTo(placeholder, "node-1", 30)],
    NOW,
  );
  expect({ from, until }).toEqual({ from: NOW - 600_000, until: NOW });
  expect(nodes).toEqual([
    { name: "node-1", from },
    { name: "node-2", from },
  ]);
  const bound = NOW - 570_000;
  expect(spans).toEqual([
    { run: "ci/build", name: expect.anything(), kind: "placeholder", from, node: "node-1", bound },
  ]);
});

test("what was long ago is left out", () => {
  const { from } = timelineOf(undefined, [placeholder], NOW + 2 * MOST_PAST_MILLISECONDS);
  expect(from).toBe(NOW + MOST_PAST_MILLISECONDS);
});

test("of a large cluster, only the nodes that runs were on", () => {
  const all = Array.from({ length: 100 }, (_, index) => node(`node-${index}`));
  expect(timelineOf(all, [boundTo(placeholder, "node-7", 1)], NOW).nodes.map(({ name }) => name)).toEqual([
    "node-7",
  ]);
});

test("of nothing, a picture of nothing", () => {
  expect(timelineOf(undefined, [], NOW)).toMatchObject({ nodes: [], spans: [] });
});
