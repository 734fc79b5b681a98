/**
 * `pepr build`, made safe: it leaves old files in dist/ lying about, and exits 0 when the module fails to
 * load. Then the chart, out of what it made. Does nothing when dist/ is what these sources yield.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digest } from "./digest.mjs";

/** Whatever decides what is built. */
const SOURCES = [
  "pepr.ts",
  "capabilities",
  "chart",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "scripts/build.mjs",
  "scripts/digest.mjs",
  "testbed/binaries",
];
/** Holds the digest of the sources and of what was made of them; written when all is made. */
const STAMP = join("dist", ".built-from");

// Were a source changed while it is built, the next build would make all anew.
const sources = digest(SOURCES);
const stamp = () => `${sources} ${digest(["dist"], STAMP)}\n`;

if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === stamp()) process.exit(0);

const { uuid } = JSON.parse(readFileSync("package.json", "utf8")).pepr;
const expected = [`dist/pepr-${uuid}.js`, `dist/pepr-module-${uuid}.yaml`];
/** The first time Helm is built, in about a minute; or another process is waited for that builds everything. */
const CHART_TIMEOUT_MILLISECONDS = 30 * 60_000;

rmSync("dist", { recursive: true, force: true });
const built = spawnSync("npx", ["pepr", "build"], { encoding: "utf8", timeout: 300_000 });
const missing = expected.filter(file => !existsSync(file));
if (built.status !== 0 || missing.length > 0) {
  console.error(built.stdout, built.stderr, built.error ?? "");
  console.error(`pepr build did not make ${missing.join(", ") || "a usable module"}; its output is above.`);
  process.exit(1);
}
const chart = spawnSync(process.execPath, ["--import", "tsx", "chart/build.ts"], {
  stdio: ["ignore", "ignore", "inherit"],
  timeout: CHART_TIMEOUT_MILLISECONDS,
});
if (chart.status !== 0) process.exit(1);
writeFileSync(STAMP, stamp());
