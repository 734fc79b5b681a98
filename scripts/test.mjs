/**
 * Every check and test, in the order in which they are likely to tell something soonest. Its last line
 * is `N passed, N failed`; a static check that fails counts as one.
 */
import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digest } from "./digest.mjs";
import { ofTime, sideBySide, testsIn } from "./end-to-end.mjs";
import "./setup.mjs";

const reports = mkdtempSync(join(tmpdir(), "test-reports-"));
const BIN = "node_modules/.bin";
/** What was found of files that have not changed since. */
const CACHE = "node_modules/.cache/checks";
/** What is made of the others; of the packages, the lock file tells. */
const NO_SOURCES = [".git", ".testbed", "dist", "node_modules"];
const CHECK_TIMEOUT_MILLISECONDS = 10 * 60_000;
/** The first start of a cluster builds its control plane. */
const TESTS_TIMEOUT_MILLISECONDS = 60 * 60_000;
const totals = { passed: 0, failed: 0 };
/** What is told of a failure at the end; all of it is said where it happened. */
const FAILURE_LINES = 12;
const FAILURE_NAMES = 3;
/** Names by what is told: where a cluster did not start, all tests on it failed alike. */
const failures = new Map();

function recall(name, message) {
  const told = message.split("\n").slice(0, FAILURE_LINES).join("\n");
  failures.set(told, [...(failures.get(told) ?? []), name]);
}

function tellFailures() {
  for (const [told, names] of failures) {
    const more = names.length > FAILURE_NAMES ? `\n  and ${names.length - FAILURE_NAMES} more` : "";
    console.log(`\nFAILED: ${names.slice(0, FAILURE_NAMES).join("\n        ")}${more}\n${told}`);
  }
}

const seconds = since => `${Math.round((Date.now() - since) / 1000)} s`;

/**
 * Runs a program to its end. What it says is told then, as others run beside it; only its errors are told at once when
 * they are its progress.
 *
 * @returns whether it found nothing wrong
 */
async function check(name, command, args, { tellsProgress = false } = {}) {
  const start = Date.now();
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", tellsProgress ? "inherit" : "pipe"],
    timeout: CHECK_TIMEOUT_MILLISECONDS,
  });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", chunk => output.push(chunk));
  const problem = await new Promise(resolve => {
    child.on("error", ({ message }) => resolve(message));
    child.on("close", (code, signal) => resolve(code === 0 ? undefined : (signal ?? `exit code ${code}`)));
  });
  const said = Buffer.concat(output).toString();
  console.log(`\n== ${name}\n${said}`);
  if (problem !== undefined) {
    totals.failed += 1;
    recall(name, `${problem}\n${said}`);
  }
  console.log(`== ${name}: ${problem === undefined ? "passed" : `FAILED (${problem})`} (${seconds(start)})`);
  return problem === undefined;
}

function jest(name, args) {
  const start = Date.now();
  console.log(`\n== ${name}`);
  const report = join(reports, `${name.replaceAll(" ", "-")}.json`);
  const run = spawnSync(
    `${BIN}/jest`,
    [...args, "--forceExit", "--json", `--outputFile=${report}`],
    // The report is also printed to standard output; what people read goes to standard error.
    { stdio: ["ignore", "ignore", "inherit"], timeout: TESTS_TIMEOUT_MILLISECONDS },
  );
  let summary = {
    ...{ numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numRuntimeErrorTestSuites: 1 },
    testResults: [],
  };
  try {
    summary = JSON.parse(readFileSync(report, "utf8"));
  } catch {
    console.error(`jest left no report (${run.error?.message ?? `exit code ${run.status}`}).`);
  }
  for (const { name: file, message, assertionResults } of summary.testResults) {
    const failed = assertionResults.filter(({ status }) => status === "failed");
    for (const { fullName, failureMessages } of failed) recall(fullName, failureMessages.join("\n"));
    if (failed.length === 0 && message !== "") recall(file, message);
  }
  const failed = summary.numFailedTests + summary.numRuntimeErrorTestSuites;
  totals.passed += summary.numPassedTests;
  totals.failed += failed === 0 && run.status !== 0 ? 1 : failed;
  const skipped = summary.numPendingTests > 0 ? `, ${summary.numPendingTests} skipped` : "";
  console.log(`== ${name}: ${summary.numPassedTests} passed, ${failed} failed${skipped} (${seconds(start)})`);
}

/**
 * One that takes long, and has nothing new to tell while all files are what they were when it passed. Its own cache
 * would not do: what the linter says of a file hangs on the types of others.
 */
async function checkOnce(name, command, args) {
  const stamp = join(CACHE, `${name}.passed`);
  const sources = digest(readdirSync(".").filter(entry => !NO_SOURCES.includes(entry)));
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === sources) {
    console.log(`\n== ${name}: passed before, and no file has changed since`);
    return;
  }
  rmSync(stamp, { force: true });
  if (!(await check(name, command, args))) return;
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(stamp, sources);
}

await Promise.all([
  check("build", process.execPath, ["scripts/build.mjs"], { tellsProgress: true }),
  check("types", `${BIN}/tsc`, [
    ...["-p", "tsconfig.all.json", "--incremental", "--tsBuildInfoFile", `${CACHE}/types.tsbuildinfo`],
  ]),
  checkOnce("lint", `${BIN}/eslint`, ["."]),
  check("format", `${BIN}/prettier`, [
    ...["--check", "--log-level", "warn", "--cache", "--cache-location", `${CACHE}/format`, "."],
  ]),
]);
jest("unit tests", [
  "--maxWorkers=2",
  ...testsIn("capabilities", "chart", "demo", "preview", "cli", "pictures", "scripts", "soak", "bench"),
]);
rmSync(".testbed/rbac", { recursive: true, force: true });
jest("test bed and end-to-end tests", sideBySide(["testbed", "e2e"]));
jest("end-to-end tests of time", ofTime);
await check("permissions used", process.execPath, ["--import", "tsx", "e2e/rbac-coverage.ts"]);
rmSync(reports, { recursive: true, force: true });
tellFailures();
console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
