/** All that is shown on a real node, on one cluster: a real kubelet and real containers, with the operator at work. */
import { afterAll, beforeAll, describe, expect } from "@jest/globals";
import { startRealNode } from "../../testbed/real-node/node";
import { OperatedCluster, START_MILLISECONDS, STOP_MILLISECONDS } from "../operated-cluster";
import { faultTests } from "./faults";
import { handOverTests } from "./hand-over";
import { kubeletTests } from "./kubelet";
import { describeOnRealNode, type Stage } from "./on-real-node";
import { rejectionTests } from "./rejections";
import { tracesOf } from "./traces";
import { volumeTests } from "./volumes";

/** So that a drain waits for what is active. */
const settings = { POD_AFFINITY_DISRUPTION_BUDGET: "active" };

describeOnRealNode("on a real node", () => {
  let stage: Stage;

  beforeAll(async () => {
    const operated = await OperatedCluster.start("real-node", 1, { settings });
    stage = { operated, node: await startRealNode(operated.cluster) };
  }, START_MILLISECONDS);

  afterAll(async () => {
    if (stage === undefined) return;
    await stage.operated.stop();
    expect(tracesOf(stage.operated.cluster.directory)).toEqual([]);
  }, STOP_MILLISECONDS);

  describe("the kubelet", () => kubeletTests(() => stage));
  describe("the hand-over", () => handOverTests(() => stage));
  describe("volumes", () => volumeTests(() => stage));
  describe("what only a real node shows", () => faultTests(() => stage));
  describe("what a kubelet takes no more", () => rejectionTests(() => stage));
});
