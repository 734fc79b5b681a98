import { expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import {
  aRun,
  placeholderPodOf,
  runPod,
  reservation,
  taskPod,
  taskRunOf,
} from "../../capabilities/testing/builders";
import { PLACEHOLDER_LABEL } from "../../capabilities/keys";
import { placeholderName } from "../../capabilities/placement/names";
import { nodeObject } from "../../testbed/nodes";
import { mapLines, nodeRows } from "./board";

const PLAIN = { width: Infinity, colour: false };
const on = (pod: V1Pod, nodeName: string): V1Pod => ({
  ...pod,
  metadata: {
    ...pod.metadata,
    namespace: "ci",
    labels: { ...pod.metadata!.labels, [PLACEHOLDER_LABEL]: placeholderName("build") },
  },
  spec: { ...pod.spec!, nodeName },
});
const placeholder = placeholderPodOf(aRun().placed().run, "node-1", reservation, {
  cpu: 2000,
  memory: 2 ** 30,
});
const compile = on(taskPod(taskRunOf("compile"), { cpu: 1000 }), "node-1");
const ended = on({ ...runPod("Succeeded") }, "node-1");

test("each node with its runs, what they keep, and their pods", () => {
  const nodes = [nodeObject({ name: "node-10" }), nodeObject({ name: "node-1" })];
  expect(nodeRows(nodes, [placeholder, compile, ended])).toEqual([
    {
      node: "node-1",
      state: "Ready",
      has: "cpu 8, memory 32Gi",
      runs: [{ run: "ci/build", keeps: "cpu 2, memory 1Gi", pods: ["compile"], ended: 1 }],
    },
    { node: "node-10", state: "Ready", has: "cpu 8, memory 32Gi", runs: [] },
  ]);
});

test("where nodes may not be read, those that pods name", () => {
  expect(nodeRows(undefined, [placeholder])).toMatchObject([{ node: "node-1" }]);
});

test("a run of which only ended pods are left is no longer there", () => {
  expect(nodeRows(undefined, [ended])).toEqual([{ node: "node-1", runs: [] }]);
});

test("as lines: cordoned nodes, free ones, and runs without a node", () => {
  const cordoned = { ...nodeObject({ name: "node-2" }), spec: { unschedulable: true } };
  const taints = [{ key: "dedicated", value: "web", effect: "NoSchedule" }];
  const rows = nodeRows([nodeObject({ name: "node-1", taints }), cordoned], [placeholder]);
  const waiting = [
    { namespace: "ci", name: "late", state: "held" as const, created: new Date(0), waitsFor: "a node" },
  ];
  expect(mapLines(rows, waiting, PLAIN)).toEqual([
    "NODE    STATE     HAS                 RUN       KEEPS              PODS",
    "node-1  Ready     cpu 8, memory 32Gi  ci/build  cpu 2, memory 1Gi  -",
    "node-2  cordoned  cpu 8, memory 32Gi  free",
    "",
    "WITHOUT A NODE  PLACE  WAITS FOR",
    "ci/late         -      a node",
  ]);
});
