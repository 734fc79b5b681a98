/**
 * Everything that a fresh checkout needs besides Node and Go; does nothing when it is there already.
 * Uses nothing but Node itself, because it runs before there are any packages.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const OLDEST_NODE = [20, 19];
const STAMP = "node_modules/.setup-stamp";

function fail(message) {
  console.error(message);
  process.exit(1);
}

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  fail(`Node ${process.versions.node} is too old: install Node ${OLDEST_NODE.join(".")} or newer.`);
}

const wanted = createHash("sha256").update(readFileSync("package-lock.json")).digest("hex");
const installed = existsSync(STAMP) ? readFileSync(STAMP, "utf8") : "";
if (installed !== wanted) {
  const start = Date.now();
  console.log("Installing packages (once; about a minute) …");
  const result = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { stdio: "inherit", timeout: 900_000 });
  if (result.status !== 0) fail("npm ci failed; its output is above.");
  writeFileSync(STAMP, wanted);
  console.log(`Packages are installed (${Math.round((Date.now() - start) / 1000)} s).`);
}
