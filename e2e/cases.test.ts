/** Runs as people have them, that were held for ever or started where they could not end; and previews of the same. */
import { afterAll, afterEach, beforeAll, describe } from "@jest/globals";
import { boundsCases } from "./cases/bounds";
import { templateTests } from "./cases/templates";
import { claimTests } from "./cases/volumes";
import { Fit } from "./fit/fixture";
import {
  OperatedCluster,
  OWN_NODES,
  RUN_MILLISECONDS,
  START_MILLISECONDS,
  STOP_MILLISECONDS,
} from "./operated-cluster";

// A run that fits nowhere is told so, and waits for a node.
const settings = { POD_AFFINITY_AUTOSCALER: "none" };

(OWN_NODES ? describe : describe.skip)("cases", () => {
  let fit: Fit;

  beforeAll(async () => {
    fit = new Fit(await OperatedCluster.start("cases", 0, { settings }));
  }, START_MILLISECONDS);
  afterAll(() => fit?.operated.stop(), STOP_MILLISECONDS);
  afterEach(() => fit.removeNodes(), RUN_MILLISECONDS);

  describe("pod templates", () => templateTests(() => fit));
  describe("claims", () => claimTests(() => fit));
  describe("bounds", () => boundsCases(() => fit));
});
