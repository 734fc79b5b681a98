/**
 * Everything that a fresh checkout needs besides Node and Go; says and does nothing when it is there
 * already. Uses nothing but Node itself, because it runs before there are any packages.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const OLDEST_NODE = [20, 19];
/** As testbed/binaries/kubernetes/go.mod asks for. */
const OLDEST_GO = [1, 26];
const INSTALL_TIMEOUT_MILLISECONDS = 15 * 60_000;
/** An older Go may fetch the newer one that the module asks for. */
const GO_TIMEOUT_MILLISECONDS = 2 * 60_000;

const isOlder = ([major, minor], [leastMajor, leastMinor]) =>
  major < leastMajor || (major === leastMajor && minor < leastMinor);

function fail(message) {
  console.error(message);
  process.exit(1);
}

const packagesIn = file => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).packages : {});

/** npm keeps a lock file of what is installed; optional packages are those of other machines, too. */
function isInstalled() {
  const installed = packagesIn("node_modules/.package-lock.json");
  return Object.entries(packagesIn("package-lock.json")).every(
    ([path, { version, optional }]) =>
      path === "" || installed[path]?.version === version || (optional && installed[path] === undefined),
  );
}

function install() {
  const start = Date.now();
  // On standard error, and npm's words too: the standard output is for what comes after this script.
  console.error(
    "Installing packages with npm, once: about a minute. Warnings about install scripts are fine …",
  );
  // Not `npm ci`: it refuses a lock file that lacks optional packages of platforms the registry did not have.
  const { status, error } = spawnSync("npm", ["install", "--no-save", "--no-audit", "--no-fund"], {
    stdio: ["ignore", 2, 2],
    timeout: INSTALL_TIMEOUT_MILLISECONDS,
  });
  if (status !== 0)
    fail(`npm install failed (${error?.message ?? `exit code ${status}`}); its output is above.`);
  console.error(`Packages are installed (${Math.round((Date.now() - start) / 1000)} s).`);
}

/** What is wrong with Go, if anything is. Asked inside the module, so that a Go that may update itself does. */
function goProblem() {
  const { stdout, stderr, error } = spawnSync("go", ["version"], {
    cwd: "testbed/binaries/kubernetes",
    encoding: "utf8",
    timeout: GO_TIMEOUT_MILLISECONDS,
  });
  if (error?.code === "ENOENT") return "Go was not found";
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(stdout ?? "") ?? [];
  if (major === undefined) return `Go does not say its version: ${stderr || error?.message}`;
  return isOlder([Number(major), Number(minor)], OLDEST_GO) ? `Go ${major}.${minor} is too old` : undefined;
}

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
if (isOlder(process.versions.node.split(".").map(Number), OLDEST_NODE)) {
  fail(
    `Node ${process.versions.node} is too old. Install Node ${OLDEST_NODE.join(".")} or newer from ` +
      "https://nodejs.org and try again.",
  );
}
if (!isInstalled()) install();
// Not a reason to stop: only a cluster's first start builds with Go, and says so itself.
const problem = process.env.KUBEBUILDER_ASSETS ? undefined : goProblem();
if (problem !== undefined) {
  console.error(
    `${problem}. The embedded cluster is built with Go on first use: install Go ${OLDEST_GO.join(".")} or newer ` +
      "from https://go.dev/dl/. All that needs no cluster works without it.",
  );
}
