/** The chart as it is upgraded, rolled back and taken away, and what there is without it; all of it on one cluster. */
import { afterAll, beforeAll, describe } from "@jest/globals";
import { deployment } from "./chart/deploy";
import { documented } from "./chart/documented";
import { uninstallation } from "./chart/uninstall";
import { upgrades } from "./chart/upgrades";
import { OperatedCluster, OWN_NODES, START_MILLISECONDS, STOP_MILLISECONDS } from "./operated-cluster";

(OWN_NODES ? describe : describe.skip)("the chart", () => {
  let started: OperatedCluster;
  beforeAll(async () => {
    started = await OperatedCluster.start("chart-lifecycle", 1);
  }, START_MILLISECONDS);
  afterAll(() => started?.stop(), STOP_MILLISECONDS);

  const operated = () => started;
  describe("changed", () => upgrades(operated));
  describe("as the pages say", () => documented(operated));
  describe("taken away", () => uninstallation(operated));
  describe("without it", () => deployment(operated));
});
