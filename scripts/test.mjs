/**
 * Every check and test, in the order in which they are likely to tell something soonest. Its last line
 * is `N passed, N failed`; a static check that fails counts as one.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import "./setup.mjs";

const reports = mkdtempSync(join(tmpdir(), "test-reports-"));
const BIN = "node_modules/.bin";
const CHECK_TIMEOUT_MILLISECONDS = 10 * 60_000;
/** The first start of a cluster builds its control plane. */
const TESTS_TIMEOUT_MILLISECONDS = 60 * 60_000;
const totals = { passed: 0, failed: 0 };

function timed(name, work) {
  const start = Date.now();
  console.log(`\n== ${name}`);
  const outcome = work();
  console.log(`== ${name}: ${outcome} (${Math.round((Date.now() - start) / 1000)} s)`);
}

function check(name, command, args) {
  timed(name, () => {
    const { status, error } = spawnSync(command, args, {
      stdio: ["ignore", "inherit", "inherit"],
      timeout: CHECK_TIMEOUT_MILLISECONDS,
    });
    if (status === 0) return "passed";
    if (error) console.error(error.message);
    totals.failed += 1;
    return "FAILED";
  });
}

function jest(name, args) {
  timed(name, () => {
    const report = join(reports, `${name.replaceAll(" ", "-")}.json`);
    const run = spawnSync(
      `${BIN}/jest`,
      [...args, "--forceExit", "--json", `--outputFile=${report}`],
      // The report is also printed to standard output; what people read goes to standard error.
      { stdio: ["ignore", "ignore", "inherit"], timeout: TESTS_TIMEOUT_MILLISECONDS },
    );
    let summary = { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 1 };
    try {
      summary = JSON.parse(readFileSync(report, "utf8"));
    } catch {
      console.error(`jest left no report (${run.error?.message ?? `exit code ${run.status}`}).`);
    }
    const failed = summary.numFailedTests + summary.numRuntimeErrorTestSuites;
    totals.passed += summary.numPassedTests;
    totals.failed += failed === 0 && run.status !== 0 ? 1 : failed;
    return `${summary.numPassedTests} passed, ${failed} failed`;
  });
}

/** Whole paths, because a checkout may lie below a directory of any of these names. */
const testsIn = (...directories) => directories.map(directory => join(process.cwd(), directory) + sep);

check("types", `${BIN}/tsc`, ["-p", "tsconfig.all.json"]);
check("lint", `${BIN}/eslint`, ["."]);
check("format", `${BIN}/prettier`, ["--check", "--log-level", "warn", "."]);
check("build", process.execPath, ["scripts/build.mjs"]);
jest("unit tests", [
  "--maxWorkers=2",
  ...testsIn("capabilities", "chart", "demo", "preview", "scripts", "soak"),
]);
rmSync(".testbed/rbac", { recursive: true, force: true });
// Two clusters at once: each waits for much of its time. But for tests of how long something takes.
const ALONE = ["leader", "neighbours"].map(name => join(process.cwd(), "e2e", `${name}.test.ts`));
jest("test bed and end-to-end tests", [
  "--maxWorkers=2",
  ...testsIn("testbed", "e2e"),
  ...ALONE.map(path => `--testPathIgnorePatterns=${path}`),
]);
jest("end-to-end tests of time", ["--runInBand", ...ALONE]);
check("permissions used", process.execPath, ["--import", "tsx", "e2e/rbac-coverage.ts"]);
rmSync(reports, { recursive: true, force: true });
console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
