/** Room: the placeholder finds a node where the run's widest moment fits, and hands it over. */
import { boundsTests } from "./fit/bounds";
import { claimTests } from "./fit/claims";
import { neighbourTests } from "./fit/neighbours";
import { neverFitsTests } from "./fit/never-fits";
import { roomTests } from "./fit/room";
import { suiteOfRoom } from "./fit/suite";
import { theftTests } from "./fit/thefts";
import { topologyTests } from "./fit/topology";
import { volumeTests } from "./fit/volumes";

// Nothing but this is decided by them: no autoscaler is there.
const settings = {
  POD_AFFINITY_AUTOSCALER: "none",
  POD_AFFINITY_ON_NEVER_FITS: "at-once",
  POD_AFFINITY_DEFAULT_ON_TIMEOUT: "wait",
};

suiteOfRoom("fit", settings, {
  "on the node": roomTests,
  "in the namespace": boundsTests,
  "in a zone": topologyTests,
  nowhere: neverFitsTests,
  "beside volumes": volumeTests,
  "with claims of its own": claimTests,
  "beside others": neighbourTests,
  "that others want": theftTests,
});
