/** `npm run e2e`: end-to-end tests, one file after the other. */
import { spawnSync } from "node:child_process";
import { VERSION_VARIABLE } from "../testbed/kubernetes-version";
import { parseOptions } from "./e2e-options";

const { kubernetes, rest } = parseOptions(process.argv.slice(2));
const env = kubernetes === undefined ? process.env : { ...process.env, [VERSION_VARIABLE]: kubernetes };
const { status } = spawnSync("node_modules/.bin/jest", ["--runInBand", ...rest], { stdio: "inherit", env });
process.exitCode = status ?? 1;
