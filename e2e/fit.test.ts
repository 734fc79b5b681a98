/** Room: the placeholder finds a node where the run's widest moment fits, and hands it over. */
import { afterAll, afterEach, beforeAll, describe } from "@jest/globals";
import { boundsTests } from "./fit/bounds";
import { Fit } from "./fit/fixture";
import { neighbourTests } from "./fit/neighbours";
import { neverFitsTests } from "./fit/never-fits";
import { roomTests } from "./fit/room";
import { theftTests } from "./fit/thefts";
import { topologyTests } from "./fit/topology";
import { volumeTests } from "./fit/volumes";
import {
  OperatedCluster,
  OWN_NODES,
  RUN_MILLISECONDS,
  START_MILLISECONDS,
  STOP_MILLISECONDS,
} from "./operated-cluster";

// Nothing but this is decided by them: no autoscaler is there.
const settings = {
  POD_AFFINITY_AUTOSCALER: "none",
  POD_AFFINITY_ON_NEVER_FITS: "at-once",
  POD_AFFINITY_DEFAULT_ON_TIMEOUT: "wait",
};

(OWN_NODES ? describe : describe.skip)("room", () => {
  let fit: Fit;

  beforeAll(async () => {
    fit = new Fit(await OperatedCluster.start("fit", 0, { settings }));
  }, START_MILLISECONDS);
  afterAll(() => fit?.operated.stop(), STOP_MILLISECONDS);
  afterEach(() => fit.removeNodes(), RUN_MILLISECONDS);

  describe("on the node", () => roomTests(() => fit));
  describe("in the namespace", () => boundsTests(() => fit));
  describe("in a zone", () => topologyTests(() => fit));
  describe("nowhere", () => neverFitsTests(() => fit));
  describe("beside volumes", () => volumeTests(() => fit));
  describe("beside others", () => neighbourTests(() => fit));
  describe("that others want", () => theftTests(() => fit));
});
