/** Finds the programs of the embedded cluster, and builds those that are missing. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildMissing, isExecutable, type Build } from "./build";
import { MODULES, moduleOf } from "./kubernetes-version";
import {
  cacheKey,
  cacheRoot,
  checkedGoVersion,
  linkerFlags,
  PROGRAM_SOURCES,
  PROGRAMS,
  type ExtraTool,
  type Program,
  type Tool,
} from "./programs";
import { releasePath } from "./release-binaries";

/** Path of the executable of each program. */
export type Binaries = Readonly<Record<Program, string>>;

const execute = promisify(execFile);

interface Toolchain {
  version: string;
  operatingSystem: string;
  architecture: string;
}

/**
 * Executables of the embedded cluster: those in the directory that `KUBEBUILDER_ASSETS` names, else those
 * in the cache (`$XDG_CACHE_HOME` or `~/.cache`), else Kubernetes' own releases, else built now with Go, which
 * takes minutes and is told on standard error.
 *
 * @param environment variables that decide where programs are sought and how Go is called
 * @throws Error when something has to be built and Go is missing, too old, or fails
 */
export async function ensureBinaries(environment: NodeJS.ProcessEnv = process.env): Promise<Binaries> {
  const given = await givenBinaries(environment.KUBEBUILDER_ASSETS);
  const missing = PROGRAMS.filter(program => !(program in given));
  if (missing.length === 0) return given as Binaries;
  const builds = await plan(missing, environment);
  await buildMissing(builds, environment);
  const built = Object.fromEntries(builds.map(({ program, target }) => [program, target]));
  return { ...given, ...built } as Binaries;
}

/** Path of one more program: found, kept or built as the cluster's are; see {@link ensureBinaries}. */
export async function ensureTool(
  tool: ExtraTool,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const given = join(environment.KUBEBUILDER_ASSETS || "", tool);
  if (environment.KUBEBUILDER_ASSETS && (await isExecutable(given))) return given;
  const builds = await plan([tool], environment);
  await buildMissing(builds, environment);
  return builds[0]!.target;
}

/** Programs that the user has already, by the convention of controller-runtime's envtest. */
async function givenBinaries(directory: string | undefined): Promise<Partial<Record<Program, string>>> {
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

async function plan(programs: Tool[], environment: NodeJS.ProcessEnv): Promise<Build[]> {
  const { version, operatingSystem, architecture } = await goToolchain(environment);
  return Promise.all(
    programs.map(async program => {
      const { module: usual, file } = PROGRAM_SOURCES[program];
      const module = moduleOf(program, usual, environment);
      const textOf = (name: string) => readFile(join(MODULES, module, name), "utf8");
      const [goMod, goSum] = await Promise.all(["go.mod", "go.sum"].map(textOf));
      const source = file === undefined ? "" : await textOf(file);
      const flags = linkerFlags(goMod!);
      const key = cacheKey({
        ...{ goMod: goMod!, goSum: goSum!, source, operatingSystem, architecture },
        ...{ linkerFlags: flags, goVersion: version },
      });
      const release = releasePath(program, goMod, operatingSystem, architecture);
      return { program, target: join(cacheRoot(environment), key, program), linkerFlags: flags, release };
    }),
  );
}

async function goToolchain(env: NodeJS.ProcessEnv): Promise<Toolchain> {
  // Inside the module, so that a Go that may fetch a newer toolchain answers as that one.
  const options = { cwd: join(MODULES, "kubernetes"), env };
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
