import { expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import "./endless-watches";

test("pepr takes the number of tries from the environment, when it is loaded", async () => {
  const pepr = await readFile(require.resolve("pepr"), "utf8");
  expect(pepr).toMatch(/^var watchCfg = \{\n\s*resyncFailureMax: process\.env\.PEPR_RESYNC_FAILURE_MAX/m);
  expect(Number(process.env.PEPR_RESYNC_FAILURE_MAX)).toBeGreaterThan(1e9);
});
