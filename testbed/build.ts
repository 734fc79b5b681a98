/** Builds programs from source with Go, once for all processes of this user. */
import { spawn } from "node:child_process";
import { access, constants, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { withFileLock } from "./file-lock";
import { MODULES, moduleOf } from "./kubernetes-version";
import { cacheRoot, PROGRAM_SOURCES, type Tool } from "./programs";
import { download, releasesAddress } from "./release-binaries";

export interface Build {
  program: Tool;
  /** Where the executable will lie. */
  target: string;
  linkerFlags: string;
  /** Where its project has it among its releases; undefined when it has to be built. */
  release: string | undefined;
}

/** A first build takes about 7 minutes on 2 cores; nobody waits longer than this for another's build. */
const LOCK_TIMEOUT_MILLISECONDS = 30 * 60_000;
const PROGRESS_MILLISECONDS = 10_000;
const TEMPORARY = ".building-";

/**
 * Builds those whose target is missing, and tells the progress on standard error. Another process that does
 * so at the same time is waited for.
 *
 * @throws Error with what Go said when a build fails
 */
export async function buildMissing(builds: Build[], environment: NodeJS.ProcessEnv): Promise<void> {
  if ((await absent(builds)).length === 0) return;
  const root = cacheRoot(environment);
  await mkdir(root, { recursive: true });
  const options = {
    timeoutMilliseconds: LOCK_TIMEOUT_MILLISECONDS,
    onWait: (holder: string) =>
      say(`${holder || "another process"} is building the cluster's programs; waiting`),
  };
  await withFileLock(join(root, "lock"), options, async () => {
    await downloadAll(await absent(builds), environment);
    await buildAll(await absent(builds), environment);
  });
}

/** Those that are to be had; when one is not, no other is asked for, and all that is missing is built. */
async function downloadAll(builds: Build[], environment: NodeJS.ProcessEnv): Promise<void> {
  const address = releasesAddress(environment);
  for (const { program, target, release } of builds) {
    if (address === undefined || release === undefined) continue;
    const start = Date.now();
    say(`${program}: looking for it at ${address} …`);
    try {
      await mkdir(join(target, ".."), { recursive: true });
      await download(address, { program, path: release, target });
    } catch (error) {
      const { message, cause } = error as Error;
      const why = cause instanceof Error ? `${message}: ${cause.message}` : message;
      say(`${program} is not to be had from ${address} (${why}): built in place of it`);
      return;
    }
    say(`${program} is Kubernetes' own, from ${address} (${seconds(start)})`);
  }
}

async function buildAll(builds: Build[], environment: NodeJS.ProcessEnv): Promise<void> {
  if (builds.length === 0) return;
  const start = Date.now();
  say(
    `building ${builds.map(({ program }) => program).join(", ")} from source, once: Helm takes a minute on ` +
      `2 cores, the rule checker as long, the kubelet, Karpenter and Kueue 2-4 each, the five others 6-8 together. They are ` +
      `kept in ${cacheRoot(environment)}`,
  );
  for (const [index, build] of builds.entries()) {
    const label = `[${index + 1}/${builds.length}] ${build.program}`;
    const programStart = Date.now();
    say(`${label} …`);
    const progress = setInterval(
      () => say(`${label} … ${seconds(programStart)}, ${seconds(start)} in all`),
      PROGRESS_MILLISECONDS,
    );
    try {
      await buildOne(build, environment);
    } finally {
      clearInterval(progress);
    }
    say(`${label} done in ${seconds(programStart)}`);
  }
}

/** Atomic: the target appears only when it is whole. */
async function buildOne(
  { program, target, linkerFlags: flags }: Build,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const directory = join(target, "..");
  await mkdir(directory, { recursive: true });
  await removeLeftovers(directory);
  const temporary = join(directory, `${TEMPORARY}${program}-${process.pid}`);
  const source = PROGRAM_SOURCES[program];
  const module = moduleOf(program, source.module, environment);
  const child = spawn("go", ["build", "-trimpath", "-ldflags", flags, "-o", temporary, source.package], {
    cwd: join(MODULES, module),
    env: { ...environment, CGO_ENABLED: "0" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-4_000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  if (code !== 0) {
    await rm(temporary, { force: true });
    throw new Error(
      `Building ${program} failed (go build in testbed/binaries/${module}, exit code ${code}). ` +
        `Its first build needs access to a Go module proxy (GOPROXY). Go said:\n${output.trim()}`,
    );
  }
  await rename(temporary, target);
}

/** Files of builds that were killed: their name ends in the id of a process that is no more. */
async function removeLeftovers(directory: string): Promise<void> {
  const names = await readdir(directory);
  const leftovers = names.filter(
    name => name.startsWith(TEMPORARY) && !isAlive(Number(name.split("-").at(-1))),
  );
  await Promise.all(leftovers.map(name => rm(join(directory, name), { force: true })));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function absent(builds: Build[]): Promise<Build[]> {
  const present = await Promise.all(builds.map(({ target }) => isExecutable(target)));
  return builds.filter((_, index) => !present[index]);
}

/** Whether there is a file that this user may run. */
export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function seconds(since: number): string {
  return `${Math.round((Date.now() - since) / 1000)} s`;
}

/** Standard error at once, past the console that a test runner holds back until a file has ended. */
function say(text: string): void {
  process.stderr.write(`test bed: ${text}\n`);
}
