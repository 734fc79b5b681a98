/** The chart as it is installed, used and broken; all of it on one cluster. */
import { afterAll, beforeAll, describe } from "@jest/globals";
import { availability } from "./chart/availability";
import { down } from "./chart/down";
import { guards, MIRRORED } from "./chart/guards";
import { rendering } from "./chart/rendering";
import { requests } from "./chart/requests";
import { unreachable } from "./chart/unreachable";
import { OperatedCluster, OWN_NODES, START_MILLISECONDS, STOP_MILLISECONDS } from "./operated-cluster";

(OWN_NODES ? describe : describe.skip)("the chart", () => {
  let started: OperatedCluster;
  beforeAll(async () => {
    started = await OperatedCluster.start("chart", 1, { values: MIRRORED });
  }, START_MILLISECONDS);
  afterAll(() => started?.stop(), STOP_MILLISECONDS);

  const operated = () => started;
  describe("as it is rendered", () => rendering(operated));
  describe("guards", () => guards(operated));
  describe("sent anything", () => requests(operated));
  describe("without the API server", () => unreachable(operated));
  describe("while processes come and go", () => availability(operated));
  describe("with every process down", () => down(operated));
});
