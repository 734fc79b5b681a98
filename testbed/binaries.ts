/** Finds the programs of the embedded cluster, and builds those that are missing. */
import { execFile, spawn } from "node:child_process";
import { access, constants, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { withFileLock } from "./file-lock";
import {
  cacheKey,
  cacheRoot,
  checkedGoVersion,
  linkerFlags,
  PROGRAM_SOURCES,
  PROGRAMS,
  type Program,
} from "./programs";

/** Path of the executable of each program. */
export type Binaries = Readonly<Record<Program, string>>;

/** A first build takes about 7 minutes on 2 cores; nobody waits longer than this for another's build. */
const LOCK_TIMEOUT_MILLISECONDS = 30 * 60_000;
const PROGRESS_MILLISECONDS = 10_000;
const MODULES = join(__dirname, "binaries");
const TEMPORARY = ".building-";

const execute = promisify(execFile);

interface Build {
  program: Program;
  /** Where the executable will lie. */
  target: string;
  linkerFlags: string;
}

let found: Promise<Binaries> | undefined;

/**
 * Executables of the embedded cluster: those in the directory that `KUBEBUILDER_ASSETS` names, else those
 * in the cache (`$XDG_CACHE_HOME` or `~/.cache`), else built now with Go, which takes minutes and is told
 * on standard error.
 *
 * @throws Error when something has to be built and Go is missing, too old, or fails
 */
export function ensureBinaries(): Promise<Binaries> {
  found ??= find();
  // A failure may be mended (Go installed) while the process lives.
  found.catch(() => (found = undefined));
  return found;
}

async function find(): Promise<Binaries> {
  const given = await givenBinaries();
  const missing = PROGRAMS.filter(program => !(program in given));
  if (missing.length === 0) return given as Binaries;
  const builds = await plan(missing);
  if ((await absent(builds)).length > 0) await buildUnderLock(builds);
  const built = Object.fromEntries(builds.map(({ program, target }) => [program, target]));
  return { ...given, ...built } as Binaries;
}

/** Programs that the user has already, by the convention of controller-runtime's envtest. */
async function givenBinaries(): Promise<Partial<Record<Program, string>>> {
  const directory = process.env.KUBEBUILDER_ASSETS;
  if (!directory) return {};
  const given: Partial<Record<Program, string>> = {};
  for (const program of PROGRAMS) {
    const path = join(directory, program);
    if (await isExecutable(path)) given[program] = path;
  }
  if (Object.keys(given).length === 0) {
    throw new Error(
      `KUBEBUILDER_ASSETS names ${directory}, which holds none of ${PROGRAMS.join(", ")}. ` +
        "Correct it, or unset it to have them built.",
    );
  }
  return given;
}

async function plan(programs: Program[]): Promise<Build[]> {
  const { version, operatingSystem, architecture } = await goToolchain();
  return Promise.all(
    programs.map(async program => {
      const { module } = PROGRAM_SOURCES[program];
      const [goMod, goSum] = await Promise.all(
        ["go.mod", "go.sum"].map(file => readFile(join(MODULES, module, file), "utf8")),
      );
      const flags = linkerFlags(goMod);
      const key = cacheKey({
        ...{ goMod, goSum, operatingSystem, architecture },
        ...{ linkerFlags: flags, goVersion: version },
      });
      return { program, target: join(cacheRoot(process.env), key, program), linkerFlags: flags };
    }),
  );
}

async function goToolchain(): Promise<{ version: string; operatingSystem: string; architecture: string }> {
  // Inside the module, so that a Go that may fetch a newer toolchain answers as that one.
  const options = { cwd: join(MODULES, "kubernetes") };
  try {
    const [version, environment] = await Promise.all([
      execute("go", ["version"], options),
      execute("go", ["env", "GOOS", "GOARCH"], options),
    ]);
    const [operatingSystem, architecture] = environment.stdout.trim().split(/\s+/);
    return { version: checkedGoVersion(version.stdout), operatingSystem, architecture };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error(
      "`go` was not found. The embedded cluster (etcd, the Kubernetes control plane and KWOK) is built from " +
        "source on first use: install Go 1.26 or newer from https://go.dev/dl/, or let KUBEBUILDER_ASSETS " +
        `name a directory that holds ${PROGRAMS.join(", ")}.`,
    );
  }
}

async function buildUnderLock(builds: Build[]): Promise<void> {
  const root = cacheRoot(process.env);
  await mkdir(root, { recursive: true });
  const options = {
    timeoutMilliseconds: LOCK_TIMEOUT_MILLISECONDS,
    onWait: (holder: string) =>
      say(`${holder || "another process"} is building the cluster's programs; waiting`),
  };
  await withFileLock(join(root, "lock"), options, async () => buildAll(await absent(builds)));
}

async function buildAll(builds: Build[]): Promise<void> {
  if (builds.length === 0) return;
  const start = Date.now();
  say(
    `building ${builds.map(({ program }) => program).join(", ")} from source, once: all five take ` +
      `6-8 minutes on 2 cores. They are kept in ${cacheRoot(process.env)}`,
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
      await buildOne(build);
    } finally {
      clearInterval(progress);
    }
    say(`${label} done in ${seconds(programStart)}`);
  }
}

/** Atomic: the target appears only when it is whole. */
async function buildOne({ program, target, linkerFlags: flags }: Build): Promise<void> {
  const directory = join(target, "..");
  await mkdir(directory, { recursive: true });
  await removeLeftovers(directory);
  const temporary = join(directory, `${TEMPORARY}${program}-${process.pid}`);
  const source = PROGRAM_SOURCES[program];
  const child = spawn("go", ["build", "-trimpath", "-ldflags", flags, "-o", temporary, source.package], {
    cwd: join(MODULES, source.module),
    env: { ...process.env, CGO_ENABLED: "0" },
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
      `Building ${program} failed (go build in testbed/binaries/${source.module}, exit code ${code}). ` +
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

async function isExecutable(path: string): Promise<boolean> {
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
