/**
 * `pepr build`, made safe: it leaves old files in dist/ lying about, and exits 0 when the module fails to
 * load. Then the chart, out of what it made, and the command for people. Does nothing when dist/ is what these sources yield.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildCli, CLI_FILES } from "./build-cli.mjs";
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
  "scripts/markdown.ts",
  "testbed/real-node/tar.ts",
  "CHANGELOG.md",
  "LICENSE",
];
/** Made of the chart afterwards, by Helm: chart/manifest.ts. */
const MANIFEST = join("dist", "pipelinerun-pod-affinity.yaml");
/** Holds the digest of the sources and of what was made of them; written when all is made. */
const STAMP = join("dist", ".built-from");

// Were a source changed while it is built, the next build would make all anew.
const sources = digest(SOURCES);
/** The command for people has a stamp of its own. */
const stamp = () => `${sources} ${digest(["dist"], STAMP, MANIFEST, ...CLI_FILES)}\n`;

if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === stamp()) {
  await buildCli();
  process.exit(0);
}

const { uuid } = JSON.parse(readFileSync("package.json", "utf8")).pepr;
const expected = [`dist/pepr-${uuid}.js`, `dist/pepr-module-${uuid}.yaml`];
/** Half a minute on a machine that has nothing else to do. */
const PEPR_TIMEOUT_MILLISECONDS = 15 * 60_000;
const CHART_TIMEOUT_MILLISECONDS = 2 * 60_000;

rmSync("dist", { recursive: true, force: true });
// Not by npx: what that starts would go on when the time is over.
const built = spawnSync(join("node_modules", ".bin", "pepr"), ["build"], {
  encoding: "utf8",
  timeout: PEPR_TIMEOUT_MILLISECONDS,
});
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
await buildCli();
