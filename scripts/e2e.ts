/**
 * `npm run e2e`: all end-to-end tests but those that are commands of their own, side by side as in `npm test`; those that
 * are named, or on a cluster of people's own, one file after the other.
 */
import { spawnSync } from "node:child_process";
import { VERSION_VARIABLE } from "../testbed/kubernetes-version";
import { parseOptions } from "./e2e-options";

void (async () => {
  const { ofTime, sideBySide } = await import("./end-to-end.mjs");
  const { kubernetes, rest } = parseOptions(process.argv.slice(2));
  const env = kubernetes === undefined ? process.env : { ...process.env, [VERSION_VARIABLE]: kubernetes };
  const jest = (args: readonly string[]): number =>
    spawnSync("node_modules/.bin/jest", [...args, "--forceExit"], { stdio: "inherit", env }).status ?? 1;
  const isAll = rest.length === 1 && rest[0] === "e2e" && !process.env.E2E_KUBECONFIG;
  const statuses = isAll ? [jest(sideBySide(["e2e"])), jest(ofTime)] : [jest(["--runInBand", ...rest])];
  process.exitCode = Math.max(...statuses);
})();
