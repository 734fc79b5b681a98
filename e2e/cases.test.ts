/** Runs as people have them, that were held for ever or started where they could not end; and previews of the same. */
import { boundsCases } from "./cases/bounds";
import { reportedTests } from "./cases/reported";
import { templateTests } from "./cases/templates";
import { claimTests } from "./cases/volumes";
import { suiteOfRoom } from "./fit/suite";

// A run that fits nowhere is told so, and waits for a node.
suiteOfRoom(
  "cases",
  { POD_AFFINITY_AUTOSCALER: "none" },
  {
    "pod templates": templateTests,
    claims: claimTests,
    bounds: boundsCases,
    "whole runs": reportedTests,
  },
);
