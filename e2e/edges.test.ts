/** What people, other controllers and the cluster's own rules do to a run, and what becomes of it. */
import { afterAll, beforeAll } from "@jest/globals";
import { choicesTests } from "./edges/choices";
import { operated, start } from "./edges/cluster";
import { gateTests } from "./edges/gates";
import { heldTests } from "./edges/held";
import { refusedTests } from "./edges/refused";
import { START_MILLISECONDS, STOP_MILLISECONDS } from "./operated-cluster";

beforeAll(start, START_MILLISECONDS);
afterAll(() => operated?.stop(), STOP_MILLISECONDS);

choicesTests();
heldTests();
gateTests();
refusedTests();
