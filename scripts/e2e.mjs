/** End-to-end tests: `node scripts/e2e.mjs e2e [--kubernetes 1.37] [further arguments of jest]`. */
import { spawnSync } from "node:child_process";

const OPTION = "--kubernetes";
const given = process.argv.slice(2);
const at = given.indexOf(OPTION);
const version = at < 0 ? process.env.TESTBED_KUBERNETES : given[at + 1];
if (at >= 0 && version === undefined) {
  console.error(`${OPTION} has no value; allowed: a minor version, such as 1.37`);
  process.exit(1);
}
const rest = at < 0 ? given : given.filter((_, index) => index !== at && index !== at + 1);
const { status } = spawnSync("node_modules/.bin/jest", ["--runInBand", ...rest], {
  stdio: "inherit",
  env: { ...process.env, TESTBED_KUBERNETES: version ?? "" },
});
process.exitCode = status ?? 1;
