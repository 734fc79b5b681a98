import { expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import "./endless-watches";

test("pepr takes the number of tries from the environment, when it is loaded", async () => {
  // As it is installed, which is not what tests are given.
  const pepr = await readFile("node_modules/pepr/dist/lib.js", "utf8");
  const takesIt = /^var watchCfg = \{\n\s*resyncFailureMax: process\.env\.PEPR_RESYNC_FAILURE_MAX/m.test(
    pepr,
  );
  expect(takesIt).toBe(true);
  expect(Number(process.env.PEPR_RESYNC_FAILURE_MAX)).toBeGreaterThan(1e9);
});
