/** What runs cost, what becomes of many at once, of each shape, and what people see of them; all of them on one cluster. */
import { afterAll, beforeAll, describe, test } from "@jest/globals";
import { OperatedCluster, RUN_MILLISECONDS, START_MILLISECONDS, STOP_MILLISECONDS } from "./operated-cluster";
import { peopleSee } from "./people/questions";
import { crowdTests } from "./runs/crowd";
import { requestTests } from "./runs/requests";
import { shapeTests } from "./runs/shapes";

const NODES = 10;

let operated: OperatedCluster;
beforeAll(async () => {
  operated = await OperatedCluster.start("runs", NODES);
}, START_MILLISECONDS);
afterAll(() => operated?.stop(), STOP_MILLISECONDS);

// First what is counted: nothing else may be under way meanwhile. At last what asks for more nodes.
describe("what they cost", () => requestTests(() => operated));
describe("a crowd", () => crowdTests(() => operated, NODES));
describe("of every shape", () => shapeTests(() => operated));

test(
  "people with read rights alone see why a run waits, and where all are",
  () => peopleSee(operated, "people"),
  RUN_MILLISECONDS,
);
