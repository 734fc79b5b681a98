/**
 * Takes away what of a real node the kernel does not: its cgroups and its bridge. Called by the guard once
 * all processes have gone: `clean-up.mjs CGROUP BRIDGE`. What is not there is no mistake.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";

const ROOT = "/sys/fs/cgroup";
/** A minute: on a machine that is busy with others, containers that were killed take their time to end. */
const ATTEMPTS = 600;
const PAUSE_MILLISECONDS = 100;

const [cgroup, bridge] = process.argv.slice(2);

const directoriesIn = path =>
  readdirSync(path, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => join(path, entry.name));

/** Its files go with it. */
function removeCgroup(path) {
  for (const child of directoriesIn(path)) removeCgroup(child);
  rmdirSync(path);
}

/** A cgroup is busy for a moment after its last process has ended. */
async function removeInTime(path) {
  for (let attempt = 1; existsSync(path); attempt++) {
    try {
      removeCgroup(path);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await delay(PAUSE_MILLISECONDS);
    }
  }
}

// One hierarchy (cgroup v2), or one for each controller.
// What one of them keeps does not keep the bridge.
const removals = await Promise.allSettled(
  [ROOT, ...directoriesIn(ROOT)].map(hierarchy => removeInTime(join(hierarchy, cgroup))),
);
if (existsSync(`/sys/class/net/${bridge}`)) execFileSync("ip", ["link", "delete", bridge]);
if (removals.some(({ status }) => status === "rejected")) process.exitCode = 1;
